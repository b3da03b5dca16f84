// SPDX-License-Identifier: BSD-2-Clause
#include "frames.hpp"

#include <arpa/inet.h>

#include <stdexcept>

namespace snoop::test {
namespace {

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

char byte(unsigned number) { return static_cast<char>(number); }

std::string address(int family, const char *text)
{
    std::string bytes = zeros(family == AF_INET ? 4 : 16);

    if (inet_pton(family, text, bytes.data()) != 1)
        throw std::runtime_error(std::string{"no address: "} + text);
    return bytes;
}

} // namespace

std::string be16(unsigned number) { return {byte(number >> 8), byte(number)}; }

std::string ethernet(std::uint16_t type, const std::string &payload)
{
    // Locally administered, broadcast: any receiver accepts it.
    return std::string(6, '\xff') + "\x02test\x01" + be16(type) + payload;
}

std::string tag(unsigned id, std::uint16_t type, const std::string &payload) { return be16(id) + be16(type) + payload; }

std::string ipv4(const Ipv4 &header, const std::string &payload)
{
    const std::size_t words = 5 + header.options.size() / 4;
    const auto length =
        header.length >= 0 ? static_cast<unsigned>(header.length) : static_cast<unsigned>(words * 4 + payload.size());

    return std::string{byte(header.first ? header.first : static_cast<unsigned>(0x40 | words))} + zeros(1) +
           be16(length) + zeros(2) + be16(header.fragment) + '\x40' + byte(header.protocol) + zeros(2) +
           address(AF_INET, header.from) + address(AF_INET, header.to) + header.options + payload;
}

std::string ipv6(const Ipv6 &header, const std::string &payload)
{
    return std::string{byte(header.first)} + zeros(3) + be16(static_cast<unsigned>(payload.size())) +
           byte(header.next) + '\x40' + address(AF_INET6, header.from) + address(AF_INET6, header.to) + payload;
}

std::string extension(std::uint8_t next, const std::string &payload, unsigned units)
{
    return std::string{byte(next), byte(units - 1)} + zeros(units * 8 - 2) + payload;
}

std::string fragment(std::uint8_t next, unsigned offset, const std::string &payload)
{
    return std::string{byte(next), '\0'} + be16(offset << 3 | 1) + zeros(4) + payload; // more follow
}

std::string udp(unsigned from, unsigned to, const std::string &payload)
{
    return be16(from) + be16(to) + be16(static_cast<unsigned>(8 + payload.size())) + zeros(2) + payload;
}

std::string tcp(unsigned from, unsigned to, const std::string &payload, unsigned flags)
{
    return be16(from) + be16(to) + zeros(8) + '\x50' + byte(flags) + zeros(6) + payload; // 5 words
}

} // namespace snoop::test
