// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: flags of TCP as keys and in rules.
#include "xdpcount/xdpcount.hpp"

#include <map>

namespace snoop::test {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

std::string with_flags(unsigned flags)
{
    return ethernet(0x0800, ipv4({.protocol = 6}, tcp(1000, 80, "payload", flags)));
}

const std::map<std::string, std::string> by_flags{
    {"[S]", with_flags(tcp_syn)},
    {"[S.]", with_flags(tcp_syn | tcp_ack)},
    {"[SEW]", with_flags(tcp_syn | tcp_ece | tcp_cwr)},
    {"[SP]", with_flags(tcp_syn | tcp_psh)},
    {"[.]", with_flags(tcp_ack)},
    {"[P.]", with_flags(tcp_psh | tcp_ack)},
    {"[F.]", with_flags(tcp_fin | tcp_ack)},
    {"[R]", with_flags(tcp_rst)},
    {"[R.]", with_flags(tcp_rst | tcp_ack)},
    {"[FPU]", with_flags(tcp_fin | tcp_psh | tcp_urg)},
    {"[none]", with_flags(0)},
};

TEST_P(InAndOut, ByTcpFlags)
{
    ToolRun tool{"xdpcount", with_method({"--by", "tcp-flags"}), there()};
    Wire wire = this->wire();
    Counts expected{{"udp", 1}, {"icmp", 1}, {"arp", 1}, {"tcp/fragment", 1}, {"truncated", 2}};

    for (const auto &[flags, frame] : by_flags) {
        wire.send(frame, 2);
        expected["tcp/" + flags] = 2;
    }
    wire.send(ethernet(0x86dd, ipv6({.next = 60}, extension(6, tcp(1, 2, "", tcp_syn)))), 1);
    expected["tcp/[S]"]++;
    wire.send(Mixed{is_out()}.dns);
    wire.send(Mixed{is_out()}.ping);
    wire.send(Mixed{is_out()}.arp);
    wire.send(ethernet(0x0800, ipv4({.protocol = 6, .fragment = 0x0010}, tcp(1, 2))));
    wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(1, 2).substr(0, 13))));
    wire.send(ethernet(0x0800, ipv4({.protocol = 6, .length = 20 + 13}, tcp(1, 2)))); // the rest is padding
    wire.arrived();
    EXPECT_EQ(ended(tool), expected);
    for (const Json &row : tool.rows()) {
        const std::string key = row["key"];
        const bool has_flags = key.starts_with("tcp/[");
        EXPECT_EQ(row["tcp_flags"], has_flags ? Json(key.substr(4)) : Json(nullptr));
        EXPECT_TRUE(!has_flags || row["proto"] == "tcp") << key;
    }
}

// Rules name exactly these, and what hides its flags is dropped.
TEST_P(InAndOut, RulesWithTcpFlags)
{
    const std::string cut = ethernet(0x0800, ipv4({.protocol = 6, .fragment = 0x2000}, tcp(1, 2).substr(0, 8)));
    const std::string cut_udp = ethernet(0x0800, ipv4({.protocol = 17}, "x"));
    const auto dropped_by = [&](const std::vector<std::string> &rules) {
        Args args = with_method({"--by", "tcp-flags"});
        for (const std::string &rule : rules)
            args.insert(args.end(), {"--drop", "tcp-flags=" + rule});
        ToolRun tool{"xdpcount", args, there()};
        Wire wire = this->wire();
        std::vector<std::string> passed;
        for (const auto &[flags, frame] : by_flags)
            wire.send(frame);
        for (const std::string &frame : {cut, cut_udp, Mixed{is_out()}.dns})
            wire.send(frame);
        const auto arrived = wire.arrived();
        std::string dropped;
        for (const auto &[flags, frame] : by_flags)
            if (std::ranges::find(arrived, frame) == arrived.end())
                dropped += flags;
        EXPECT_EQ(std::ranges::count(arrived, cut), 0);
        EXPECT_EQ(std::ranges::count(arrived, cut_udp), 1);
        EXPECT_EQ(arrived.back(), Mixed{is_out()}.dns);
        EXPECT_EQ(sum(ended(tool, "unparsed")), 1u);
        EXPECT_EQ(sum(counts_of(tool, "dropped")), by_flags.size() + 3 - arrived.size());
        return dropped;
    };

    EXPECT_EQ(dropped_by({"syn"}), "[SEW][SP][S]"); // each asks a Linux host for a connection
    EXPECT_EQ(dropped_by({"syn,ack"}), "[S.]");
    EXPECT_EQ(dropped_by({"rst/rst"}), "[R.][R]");
    EXPECT_EQ(dropped_by({"fin,psh,urg", "none"}), "[FPU][none]");
    EXPECT_EQ(dropped_by({"none/syn,ack"}), "[FPU][R][none]");
}

TEST_F(Xdpcount, EditedFlags)
{
    ToolRun tool{"xdpcount", json({"--drop", "tcp-flags=rst"}), there()};
    Wire wire = in();
    const auto arrives = [&](const char *flags) {
        wire.send(by_flags.at(flags));
        return !wire.arrived().empty();
    };

    EXPECT_TRUE(arrives("[S]"));
    bpftool_map(tool.pid(), "drop_tcp_flags", "update", {"key", "2", "0", "0", "0", "value", "1"});
    EXPECT_FALSE(arrives("[S]"));
    EXPECT_FALSE(arrives("[R]"));
    EXPECT_TRUE(arrives("[S.]"));
    EXPECT_THAT(ended(tool, "dropped"), UnorderedElementsAre(Pair("tcp/80", 2)));
}

} // namespace
} // namespace snoop::test
