// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --pcap: the packets in the file, whichever way they are dropped.
#include "fixtures.hpp"
#include "pcap.hpp"
#include "xdpcount/xdpcount.hpp"

#include <ctime>

namespace snoop::test {
namespace {

using testing::SizeIs;

std::uint64_t now_ns()
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

class PcapMethods : public Methods {
protected:
    // Runs the tool with these options, sends, and returns what the file holds then.
    Pcap captured(const Args &more, const std::function<void(Wire &)> &send)
    {
        Args args = with_method({"--pcap", path});
        args.insert(args.end(), more.begin(), more.end());
        ToolRun tool{"xdpcount", args, there()};
        Wire wire = this->wire();
        send(wire);
        wire.arrived();
        const std::uint64_t dropped = sum(ended(tool, "dropped"));
        auto accounting = expect_balance(tool.err());
        Pcap pcap = read_pcap(read_file(path));
        EXPECT_EQ(accounting["captured"], pcap.packets.size());
        EXPECT_EQ(accounting["not_captured"], 0u);
        EXPECT_EQ(dropped, pcap.packets.size());
        return pcap;
    }

    TempDir dir;
    const std::string path = dir.at("dropped.pcap");
};

INSTANTIATE_TEST_SUITE_P(, PcapMethods,
                         testing::Values(Method{"native", false}, Method{"generic", false},
                                         Method{"tcx", true, Hook::tcx}, Method{"clsact", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });

TEST_P(PcapMethods, HoldsWhatIsDropped)
{
    const Mixed frames{is_out()};
    const std::vector<std::string> all = frames.all();
    const std::vector<std::string> dropped{frames.ping, frames.dns, frames.dns6};

    for (const Args &transport : {Args{}, Args{"--transport", "perf"}}) {
        Args args{"--drop", "icmp", "--drop", "udp/53"};
        args.insert(args.end(), transport.begin(), transport.end());
        const std::uint64_t before = now_ns();
        const Pcap pcap = captured(args, [&](Wire &wire) {
            for (const std::string &frame : all)
                wire.send(frame);
        });
        EXPECT_EQ(pcap.link_type, 1u); // Ethernet
        EXPECT_EQ(pcap.most_captured, 1522u);
        EXPECT_EQ(pcap.frames(), dropped);
        std::uint64_t last = before;
        for (const Pcap::Packet &packet : pcap.packets) {
            EXPECT_EQ(packet.length, packet.bytes.size());
            EXPECT_GE(packet.time_ns, last);
            last = packet.time_ns;
        }
        EXPECT_LE(last, now_ns());
    }
}

TEST_P(PcapMethods, Snaplen)
{
    const std::string frame = ethernet(0x0800, ipv4({.protocol = 17}, udp(1000, 53, std::string(900, 'x'))));

    for (const Args &transport : {Args{}, Args{"--transport", "perf"}}) {
        Args args{"--drop", "udp/53", "--snaplen", "100"};
        args.insert(args.end(), transport.begin(), transport.end());
        const Pcap pcap = captured(args, [&](Wire &wire) { wire.send(frame); });
        EXPECT_EQ(pcap.most_captured, 100u);
        ASSERT_THAT(pcap.packets, SizeIs(1));
        EXPECT_EQ(pcap.packets[0].length, frame.size());
        EXPECT_EQ(pcap.packets[0].bytes, frame.substr(0, 100));
    }
}

} // namespace
} // namespace snoop::test
