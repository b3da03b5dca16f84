// SPDX-License-Identifier: BSD-2-Clause
// The keys that execcount counts by, as table cells and in JSON.
//     Keys keys{COUNT_BY_UID};
//     CountView view{tracer, keys, options.view};
#pragma once

#include "base/users.hpp"
#include "count/count_view.hpp"
#include "libbpf/cgroup_names.hpp"
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

    // Names cgroups by what the programs of this object keep.
    void read_cgroups_from(bpf_object *object) { cgroups_.read_from(object, nullptr, CgroupNames::Keep::all); }

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view bytes) override;
    void put_json(JsonWriter &json, std::string_view bytes) override;

private:
    std::optional<std::string_view> user(const count_key &key);
    std::string cgroup(std::uint64_t id);

    count_by by_;
    UserNames users_;
    CgroupNames cgroups_;
};

} // namespace snoop::execcount
