// SPDX-License-Identifier: BSD-2-Clause
// The options of xdpcount, set by main.cpp and used by the keys and hooks.
//     Options options;
//     Keys keys{options, interfaces};
#pragma once

#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "xdpcount/packets.hpp"
#include <snoop/xdpcount.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::xdpcount {

enum class Mode { automatic, native, generic, tcx, clsact };

constexpr std::string_view mode_name(Mode mode)
{
    return std::array<std::string_view, 5>{"auto", "native", "generic", "tcx",
                                           "clsact"}[static_cast<std::size_t>(mode)];
}

struct Options {
    std::vector<std::string> interfaces;
    packet_by by = PACKET_BY_PORT;
    bool tc = false;
    Mode mode = Mode::automatic;
    std::vector<std::string> drop_texts;
    std::vector<DropRule> drops;
    bool drops_unparsed = true;
    std::string pcap;             // file; empty: none
    std::uint32_t snaplen = 1522; // a full frame with two VLAN tags
    MapOptions map;
    CountViewOptions view;

    [[nodiscard]] std::string_view direction() const { return tc ? "out" : "in"; }
};

} // namespace snoop::xdpcount
