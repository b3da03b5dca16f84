// SPDX-License-Identifier: BSD-2-Clause
// The keys that execcount counts by, as table cells and in JSON.
//     Keys keys{COUNT_BY_UID};
//     CountView view{tracer, keys, options.view};
#pragma once

#include "base/users.hpp"
#include "count/count_view.hpp"
#include "execcount/cgroups.hpp"
#include <snoop/execcount.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::execcount {

// The size of a key in the map of counters, in bytes.
std::uint32_t key_bytes(count_by by);

// The JSON keys that Keys::put_json() writes.
std::vector<JsonKey> key_columns();

class Keys : public KeyFormatter {
public:
    explicit Keys(count_by by) : by_(by) {}

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view bytes) override;
    void put_json(JsonWriter &json, std::string_view bytes) override;

private:
    std::optional<std::string_view> user(const count_key &key);

    count_by by_;
    UserNames users_;
    Cgroups cgroups_;
};

} // namespace snoop::execcount
