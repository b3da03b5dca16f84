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

    // Looks in the network namespace of the caller. Throws Error: exit 2 if there is no such interface,
    // with the names of the others; exit 3 if its frames have a link header other than Ethernet.
    static Interface named(const std::string &name);

    [[nodiscard]] bool is_there() const;
};

} // namespace snoop::xdpcount
