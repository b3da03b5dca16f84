// SPDX-License-Identifier: BSD-2-Clause
// Frames built header by header; unset fields are zero, and checksums are not computed.
//     const std::string query = ethernet(0x0800, ipv4({.protocol = 17}, udp(40000, 53, "…")));
#pragma once

#include <cstdint>
#include <string>

namespace snoop::test {

// A number in network byte order.
std::string be16(unsigned number);

std::string ethernet(std::uint16_t type, const std::string &payload);
// A VLAN tag and its payload: ethernet(0x8100, tag(7, 0x0800, …)).
std::string tag(unsigned id, std::uint16_t type, const std::string &payload);

struct Ipv4 {
    std::uint8_t protocol;
    const char *from = "192.0.2.1", *to = "192.0.2.2";
    std::string options{};  // a multiple of 4 bytes
    unsigned fragment = 0;  // the offset in units of 8 bytes; 0x2000: more follow
    int length = -1;        // instead of the right one
    std::uint8_t first = 0; // version and header length, instead of the right ones
};
std::string ipv4(const Ipv4 &header, const std::string &payload);

struct Ipv6 {
    std::uint8_t next;
    const char *from = "2001:db8::1", *to = "2001:db8::2";
    std::uint8_t first = 0x60;
};
std::string ipv6(const Ipv6 &header, const std::string &payload);
// An extension header, in units of 8 bytes.
std::string extension(std::uint8_t next, const std::string &payload, unsigned units = 1);
std::string fragment(std::uint8_t next, unsigned offset, const std::string &payload);

std::string udp(unsigned from, unsigned to, const std::string &payload = "payload");
constexpr unsigned tcp_fin = 1, tcp_syn = 2, tcp_rst = 4, tcp_psh = 8, tcp_ack = 16, tcp_urg = 32, tcp_ece = 64,
                   tcp_cwr = 128;
std::string tcp(unsigned from, unsigned to, const std::string &payload = "payload", unsigned flags = tcp_ack);

} // namespace snoop::test
