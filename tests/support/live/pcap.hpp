// SPDX-License-Identifier: BSD-2-Clause
// Reads what `xdpcount --pcap` writes, strictly: pcap-savefile(5), nanoseconds, this machine's byte order.
//     const Pcap pcap = read_pcap(read_file(path));
//     EXPECT_EQ(pcap.packets.at(0).bytes, frame);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

struct Pcap {
    struct Packet {
        std::uint64_t time_ns; // since 1970
        std::uint32_t length;  // of the packet on its way
        std::string bytes;
    };

    std::uint32_t most_captured, link_type;
    std::vector<Packet> packets;

    [[nodiscard]] std::vector<std::string> frames() const;
};

// Throws if the text is anything else, or ends within a packet.
Pcap read_pcap(std::string_view file);

} // namespace snoop::test
