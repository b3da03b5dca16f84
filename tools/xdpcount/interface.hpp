// SPDX-License-Identifier: BSD-2-Clause
// A network interface, by its name, and how the tool is attached to it.
//     const Interface eth = Interface::named("eth0");   // throws Error (exit 2)
//     Interfaces all = interfaces_named({"eth0", "eth1"});
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snoop::xdpcount {

struct Interface {
    std::string name;
    int index;
    bool is_bare_ip;         // frames without an Ethernet header: tun, wg, ppp and tunnels
    std::string_view mode{}; // how the program is attached, once it is
    bool is_gone = false;    // it has disappeared

    // Looks in the network namespace of the caller. Throws Error: exit 2 if there is no such interface,
    // with the names of the others; exit 3 if its frames have a link header other than Ethernet.
    static Interface named(const std::string &name);

    [[nodiscard]] bool is_there() const;
    // True if the card takes VLAN tags out of received frames (rx-vlan-offload of ethtool), before XDP sees them.
    [[nodiscard]] bool removes_tags() const;
};

using Interfaces = std::vector<Interface>;

// Those of the names, each once. Throws Error as Interface::named() does.
Interfaces interfaces_named(const std::vector<std::string> &names);

} // namespace snoop::xdpcount
