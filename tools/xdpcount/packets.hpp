// SPDX-License-Identifier: BSD-2-Clause
// Names of what packets are, and the rules by which they are dropped.
//     protocol_name(6);              // "tcp"
//     ether_type_name(0x0806);       // "arp"
//     parse_drop("10.0.0.0/8");      // throws Error (exit 2)
#pragma once

#include <snoop/xdpcount.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace snoop::xdpcount {

// The name of an IP protocol number, as tcpdump and /etc/protocols have it; "ip/200" of another.
std::string protocol_name(std::uint8_t number);
// "eth/0x88cd" of one without a name; 0 is "802.3", a frame with a length and no type.
std::string ether_type_name(std::uint16_t type);
// An address of 4 or 16 bytes.
std::string address_text(std::span<const std::uint8_t> bytes);

// The key that a rule is in one of the maps drop_port, drop_ipv4, drop_ipv6.
using DropRule = std::variant<drop_port, drop_ipv4, drop_ipv6>;

// "icmp", "icmp6", "tcp/PORT", "udp/PORT", an address or a network of IPv4 or IPv6.
// Throws Error (exit 2) that says what would do.
DropRule parse_drop(const std::string &text);

} // namespace snoop::xdpcount
