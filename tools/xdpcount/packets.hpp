// SPDX-License-Identifier: BSD-2-Clause
// Names of protocols and EtherTypes, and parsing of drop rules.
//     protocol_name(6);              // "tcp"
//     ether_type_name(0x0806);       // "arp"
//     tcp_flags_text(0x12);          // "[S.]"
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
// The flags of TCP (byte 13 of its header) as tcpdump prints them: "[S]", "[none]".
std::string tcp_flags_text(std::uint8_t flags);
// Prints an address of 4 or 16 bytes.
std::string address_text(std::span<const std::uint8_t> bytes);

// Names packets of TCP: those of whose flags the ones in `mask` are as in `value`.
struct DropTcpFlags {
    std::uint8_t value, mask;

    [[nodiscard]] bool names(std::uint8_t flags) const { return (flags & mask) == value; }
};

// A rule: a key in one of the maps drop_port, drop_ipv4 and drop_ipv6, or flags for drop_tcp_flags.
using DropRule = std::variant<drop_port, drop_ipv4, drop_ipv6, DropTcpFlags>;

// Parses "icmp", "icmp6", "tcp/PORT", "udp/PORT", "tcp-flags=syn", "tcp-flags=syn/syn,ack", or an IPv4
// or IPv6 address or network.
// Throws Error (exit 2) with the forms that are accepted.
DropRule parse_drop(const std::string &text);

} // namespace snoop::xdpcount
