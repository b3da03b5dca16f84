// SPDX-License-Identifier: BSD-2-Clause
// A network interface, by its name.
//     const Interface eth = Interface::named("eth0");   // throws Error (exit 2)
#pragma once

#include <string>

namespace snoop::xdpcount {

struct Interface {
    std::string name;
    int index;
    bool is_bare_ip; // frames without an Ethernet header: tun, wg, ppp and tunnels

    // In the network namespace of the caller. Throws Error: exit 2 for one that is not
    // there, with the names of those that are; exit 3 for one of a kind whose frames have
    // another header than Ethernet's.
    static Interface named(const std::string &name);

    [[nodiscard]] bool is_there() const;
};

} // namespace snoop::xdpcount
