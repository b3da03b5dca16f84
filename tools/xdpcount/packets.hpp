// SPDX-License-Identifier: BSD-2-Clause
// Names of protocols and EtherTypes, and parsing of drop rules.
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

// The name of an IP protocol as in tcpdump and /etc/protocols, or "ip/200" if it has none.
std::string protocol_name(std::uint8_t number);
// The name of an EtherType, or "eth/0x88cd" if it has none. 0 is "802.3", a frame with a length instead of a type.
std::string ether_type_name(std::uint16_t type);
// Prints an address of 4 or 16 bytes.
std::string address_text(std::span<const std::uint8_t> bytes);

// A rule, as a key in one of the maps drop_port, drop_ipv4 and drop_ipv6.
using DropRule = std::variant<drop_port, drop_ipv4, drop_ipv6>;

// Parses "icmp", "icmp6", "tcp/PORT", "udp/PORT", or an IPv4 or IPv6 address or network.
// Throws Error (exit 2) with the forms that are accepted.
DropRule parse_drop(const std::string &text);

} // namespace snoop::xdpcount
