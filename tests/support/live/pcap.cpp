// SPDX-License-Identifier: BSD-2-Clause
#include "pcap.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

namespace snoop::test {
namespace {

template <std::size_t N> std::array<std::uint32_t, N> take_words(std::string_view &file)
{
    std::array<std::uint32_t, N> words{};

    if (file.size() < sizeof(words))
        throw std::runtime_error("the file ends within a header");
    std::memcpy(words.data(), file.data(), sizeof(words));
    file.remove_prefix(sizeof(words));
    return words;
}

} // namespace

std::vector<std::string> Pcap::frames() const
{
    std::vector<std::string> all;

    for (const Packet &packet : packets)
        all.push_back(packet.bytes);
    return all;
}

Pcap read_pcap(std::string_view file)
{
    const auto header = take_words<6>(file);
    std::array<std::uint16_t, 2> version{};

    std::memcpy(version.data(), &header[1], sizeof(version));
    if (header[0] != 0xa1b23c4d || version[0] != 2 || version[1] != 4)
        throw std::runtime_error("not a pcap file of version 2.4 with nanoseconds");
    Pcap pcap{.most_captured = header[4], .link_type = header[5], .packets = {}};
    while (!file.empty()) {
        const auto packet = take_words<4>(file);
        if (packet[1] >= 1'000'000'000 || packet[2] > pcap.most_captured || packet[2] > packet[3] ||
            packet[2] > file.size())
            throw std::runtime_error("a packet's header is wrong, or the file ends within the packet");
        pcap.packets.push_back(
            {packet[0] * 1'000'000'000ull + packet[1], packet[3], std::string{file.substr(0, packet[2])}});
        file.remove_prefix(packet[2]);
    }
    return pcap;
}

} // namespace snoop::test
