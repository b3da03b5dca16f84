// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/random_frames.hpp"
#include "frames.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace snoop::test {
namespace {

constexpr std::uint8_t hop_by_hop = 0, tcp_protocol = 6, udp_protocol = 17, routing = 43, fragment_header = 44,
                       destination = 60;
constexpr std::size_t largest_frame = 1514;

std::string be32(std::uint32_t number) { return be16(number >> 16) + be16(number & 0xffff); }

// The checksum of an IPv4 header whose own field is zero.
std::string checksum(const std::string &header)
{
    unsigned sum = 0;

    for (std::size_t i = 0; i + 1 < header.size(); i += 2)
        sum += static_cast<std::uint8_t>(header[i]) << 8 | static_cast<std::uint8_t>(header[i + 1]);
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return be16(~sum & 0xffff);
}

// An extension header that Linux accepts: one option that is skipped if unknown, or no segments left.
std::string header(std::uint8_t kind, std::uint8_t next, unsigned units)
{
    std::string bytes{static_cast<char>(next), static_cast<char>(units - 1), '\0', '\0'};

    if (kind != routing) {
        bytes[2] = 0x1e;
        bytes[3] = static_cast<char>(units * 8 - 4);
    }
    bytes.resize(units * 8);
    return bytes;
}

std::string fragment_bytes(std::uint8_t next, unsigned offset, bool more, std::uint32_t id)
{
    return std::string{static_cast<char>(next), '\0'} + be16(offset * 8 | (more ? 1 : 0)) + be32(id);
}

} // namespace

unsigned RandomFrames::how_many(unsigned most)
{
    switch (at_most(5)) {
    case 0:
    case 1: return 0;
    case 2: return 1 + at_most(2);
    case 3:
    case 4: return std::min(most, 3 + at_most(20));
    default: return at_most(most);
    }
}

RandomFrames::Transport RandomFrames::transport(std::uint32_t number)
{
    const std::string data = be32(number) + std::string(at_most(4) * 8, 'x');

    if (once_in(2))
        return {udp_protocol, udp(1000, once_in(2) ? named_port : free_port, data)};
    // Requests of all kinds, what resembles them, or anything.
    constexpr unsigned like_request[] = {0x02, 0x0a, 0xc2, 0x2a, 0x12, 0x03, 0x06};
    const unsigned flags = once_in(2) ? at_most(255) : like_request[at_most(std::size(like_request) - 1)];
    return {tcp_protocol, tcp(1000, free_port, data, flags)};
}

std::string RandomFrames::ip4(const Transport &payload, std::uint32_t id, unsigned fragment, const char *from)
{
    const std::string options(4 * (once_in(4) ? at_most(10) : 0), '\1'); // no operation
    std::string packet =
        ipv4({.protocol = payload.protocol, .from = from, .to = near4, .options = options, .fragment = fragment},
             payload.bytes);

    if (once_in(16))
        packet.replace(2, 2, be16(static_cast<unsigned>(packet.size()) + 4 - at_most(8)));
    packet.replace(4, 2, be16(id & 0xffff));
    packet.replace(10, 2, checksum(packet.substr(0, 20 + options.size())));
    return packet;
}

void RandomFrames::add_ipv4(Packet &packet, std::uint32_t number)
{
    const char *from = once_in(4) ? named4 : far4;
    const Transport whole = transport(number);
    const std::string &all = whole.bytes;
    const auto part = [&](const std::string &bytes) { return Transport{whole.protocol, bytes}; };

    packet.is_fragmented = once_in(6);
    if (!packet.is_fragmented) {
        packet.frames.push_back(framed(0x0800, ip4(whole, number, 0, from)));
        return;
    }
    const unsigned first = 1 + at_most(static_cast<unsigned>(all.size() / 8) - 1); // units of 8 bytes
    packet.frames.push_back(framed(0x0800, ip4(part(all.substr(0, first * 8)), number, 0x2000, from)));
    packet.frames.push_back(
        framed(0x0800, ip4(part(all.substr(std::min<std::size_t>(all.size(), first * 8))), number, first, from)));
}

void RandomFrames::add_ipv6(Packet &packet, std::uint32_t number)
{
    const char *from = once_in(4) ? named6 : far6;
    auto [next, all] = transport(number);

    for (unsigned left = how_many(150); left > 0; left--) {
        const unsigned units = once_in(8) ? 1 + at_most(20) : 1;
        if (all.size() + units * 8 + 8 > 1400)
            break;
        const std::uint8_t kind = once_in(4) ? routing : once_in(16) ? fragment_header : destination;
        all = (kind == fragment_header ? fragment_bytes(next, 0, false, number) : header(kind, next, units)) + all;
        next = kind;
    }
    if (once_in(8)) {
        all = header(hop_by_hop, next, 1) + all;
        next = hop_by_hop;
    }
    packet.is_fragmented = next != hop_by_hop && once_in(6);
    const auto send = [&](std::uint8_t kind, const std::string &payload) {
        std::string whole = ipv6({.next = kind, .from = from, .to = near6}, payload);
        if (once_in(16))
            whole.replace(4, 2, be16(static_cast<unsigned>(payload.size()) + 4 - at_most(8)));
        packet.frames.push_back(framed(0x86dd, std::move(whole)));
    };
    if (!packet.is_fragmented)
        return send(next, all);
    const unsigned first = 1 + at_most(static_cast<unsigned>(all.size() / 8) - 1);
    send(fragment_header, fragment_bytes(next, 0, true, number) + all.substr(0, first * 8));
    send(fragment_header,
         fragment_bytes(next, first, false, number) + all.substr(std::min<std::size_t>(all.size(), first * 8)));
}

std::string RandomFrames::framed(std::uint16_t type, std::string payload)
{
    for (unsigned left = how_many(300); left > 0 && payload.size() + 4 + 14 <= largest_frame; left--) {
        payload = tag(once_in(64) ? at_most(4095) : 0, type, payload);
        type = once_in(2) ? 0x8100 : 0x88a8;
    }
    std::string frame = ethernet(type, payload);
    frame.replace(0, mac_.size(), mac_);
    if (once_in(4))
        damage(frame);
    return frame;
}

// Changes headers, and leaves the number of the packet alone.
void RandomFrames::damage(std::string &frame)
{
    if (once_in(3)) {
        frame.resize(14 + at_most(static_cast<unsigned>(frame.size()) - 14));
        return;
    }
    const auto size = static_cast<unsigned>(frame.size());
    const unsigned headers = size - 14 - std::min(50u, size - 15);
    for (unsigned changes = 1 + at_most(2); changes > 0; changes--)
        frame[12 + at_most(headers)] = static_cast<char>(at_most(255));
}

RandomFrames::Packet RandomFrames::next(std::uint32_t number, bool with_ipv6)
{
    Packet packet;

    if (with_ipv6 && !once_in(3))
        add_ipv6(packet, number);
    else
        add_ipv4(packet, number);
    return packet;
}

} // namespace snoop::test
