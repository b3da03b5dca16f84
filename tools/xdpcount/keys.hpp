// SPDX-License-Identifier: BSD-2-Clause
// The keys that xdpcount counts by, as table cells and in JSON.
//     Keys keys{options, interfaces};
//     keys.put_json(json, key);
#pragma once

#include "count/count_view.hpp"
#include "xdpcount/interface.hpp"
#include "xdpcount/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop::xdpcount {

// The size of a key in the map of counters, in bytes.
std::uint32_t key_bytes(packet_by by);

// The JSON keys that Keys::put_json() writes.
std::vector<JsonKey> key_columns();

// Throws Error (exit 2) if metrics cannot have the key as a label: an address.
void check_label(packet_by by, const MetricsOptions &metrics);

class Keys : public KeyFormatter {
public:
    // Keeps references to both. Marks interfaces that are gone.
    Keys(const Options &options, Interfaces &interfaces) : options_(options), interfaces_(interfaces) {}

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view bytes) override;
    void put_json(JsonWriter &json, std::string_view bytes) override;
    MetricLabels labels(std::string_view bytes) override;
    [[nodiscard]] std::string about() const override;
    std::optional<std::string> gone() override;
    std::vector<std::string> news() override { return std::exchange(news_, {}); }

private:
    [[nodiscard]] const Interface *interface_of(const packet_key &key) const;
    [[nodiscard]] std::string first_cell(const packet_key &key) const;
    // The part of a key behind its protocol: a port, flags, "fragment" or nothing.
    [[nodiscard]] static std::string detail_of(const packet_key &key);

    const Options &options_;
    Interfaces &interfaces_;
    std::vector<std::string> news_;
    std::string last_gone_; // the lines about the last interfaces
};

} // namespace snoop::xdpcount
