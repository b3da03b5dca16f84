// SPDX-License-Identifier: BSD-2-Clause
// The keys that xdpcount counts by, as table cells and in JSON.
//     Keys keys{options, interface};
//     keys.set_mode(Mode::native);
#pragma once

#include "count/count_view.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::xdpcount {

// The size of a key in the map of counters, in bytes.
std::uint32_t key_bytes(packet_by by);

// The JSON keys that Keys::put_json() writes.
std::vector<JsonKey> key_columns();

class Keys : public KeyFormatter {
public:
    Keys(const Options &options, const Interface &interface) : options_(options), interface_(interface) {}

    void set_mode(Mode mode) { mode_ = mode_name(mode); }

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view bytes) override;
    void put_json(JsonWriter &json, std::string_view bytes) override;
    [[nodiscard]] std::string about() const override;
    std::optional<std::string> gone() override;

private:
    const Options &options_;
    const Interface &interface_;
    std::string_view mode_;
};

} // namespace snoop::xdpcount
