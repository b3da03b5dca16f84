// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --drop: what is dropped, and what passes.
#include "xdpcount/xdpcount.hpp"

#include <algorithm>
#include <sys/socket.h>

namespace snoop::test {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class Rules : public Methods {
protected:
    // Rules, one per line, and the frames that they drop; no other frame is dropped.
    void expect(const std::string &rules, const std::vector<std::string> &dropped)
    {
        Args args = with_method({"--by", "proto"});
        for (const std::string &rule : split_lines(rules))
            args.insert(args.end(), {"--drop", rule});
        ToolRun tool{"xdpcount", args, there()};
        Wire wire = this->wire();
        std::vector<std::string> passed;
        std::size_t bytes = 0;

        for (const std::string &frame : frames.all()) {
            wire.send(frame, 2);
            if (std::ranges::find(dropped, frame) == dropped.end())
                passed.insert(passed.end(), 2, frame);
            else
                bytes += 2 * frame.size();
        }
        EXPECT_EQ(wire.arrived(), passed) << rules;
        EXPECT_EQ(sum(ended(tool, "dropped")), 2 * dropped.size()) << rules;
        EXPECT_EQ(sum(counts_of(tool, "dropped_bytes")), bytes) << rules;
        EXPECT_EQ(sum(counts_of(tool)), 2 * frames.all().size()) << rules; // dropped ones are counted, too
    }

    const Mixed frames{is_out()};
};

class RulesByMethod : public Rules {};

INSTANTIATE_TEST_SUITE_P(, Rules, testing::Values(Method{"native", false}, Method{"clsact", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });
INSTANTIATE_TEST_SUITE_P(, RulesByMethod, testing::Values(Method{"generic", false}, Method{"tcx", true, Hook::tcx}),
                         [](const auto &method) { return method.param.name; });

TEST_P(Rules, DropExactly)
{
    expect("icmp", {frames.ping});
    expect("icmp6", {frames.ping6});
    expect("udp/53", {frames.dns, frames.dns6});
    expect("tcp/80\nudp/1000\ntcp/53", {frames.answer, frames.web, frames.web6});
    expect("203.0.113.7\n192.0.2.0/24", {frames.web}); // and not this side's address
    expect("198.51.100.0/24", {frames.ping, frames.dns, frames.answer});
    expect("0.0.0.0/0", {frames.ping, frames.dns, frames.answer, frames.web});
    expect("2001:db8:1::/48", {frames.ping6, frames.dns6});
    expect("2001:db8:2::7", {frames.web6});
    expect("icmp\nudp/53\n203.0.113.0/25\n2001:db8:2::/47",
           {frames.ping, frames.dns, frames.dns6, frames.web, frames.web6});
}

TEST_P(RulesByMethod, DropExactly)
{
    expect("icmp\nudp/53\n203.0.113.0/25\n2001:db8:2::/47",
           {frames.ping, frames.dns, frames.dns6, frames.web, frames.web6});
}

// Nothing is dropped without --drop.
TEST_P(Methods, PassesAllByDefault)
{
    ToolRun tool{"xdpcount", with_method(), there()};
    Wire wire = this->wire();
    std::vector<std::string> sent;

    for (const Known &known : known_frames())
        sent.push_back(known.frame);
    for (const std::string &frame : sent)
        wire.send(frame);
    // The tag is no longer part of the frame.
    EXPECT_EQ(wire.arrived().size(), sent.size());
    EXPECT_EQ(sum(ended(tool, "dropped")), 0u);
}

// A later fragment has no port, so rules with a port do not match it. Rules with a protocol do.
TEST_F(Xdpcount, RulesAndFragments)
{
    ToolRun tool{"xdpcount", json({"--by", "proto", "--drop", "udp/53", "--drop", "icmp"}), there()};
    Wire wire = in();

    wire.send(ethernet(0x0800, ipv4({.protocol = 17, .fragment = 0x2000}, udp(1000, 53))), 2);
    wire.send(ethernet(0x0800, ipv4({.protocol = 17, .fragment = 0x0010}, udp(1000, 53))), 3);
    wire.send(ethernet(0x0800, ipv4({.protocol = 1, .fragment = 0x0010}, "ping")), 4);
    wire.arrived();
    EXPECT_THAT(ended(tool, "dropped"), UnorderedElementsAre(Pair("udp", 2), Pair("icmp", 4)));
}

// Rules see through tags and extension headers, as a host does.
TEST_F(Xdpcount, RulesSeeThroughHeaders)
{
    ToolRun tool{"xdpcount", json({"--drop", "udp/53", "--drop", "203.0.113.0/24"}), there()};
    Wire wire = in();

    wire.send(ethernet(0x8100, tag(7, 0x0800, ipv4({.protocol = 17}, udp(1000, 53)))));
    wire.send(ethernet(0x86dd, ipv6({.next = 60}, extension(17, udp(1000, 53), 4))));
    wire.send(ethernet(0x0800, ipv4({.protocol = 17, .from = "203.0.113.9"}, ""))); // cut: the address is enough
    EXPECT_THAT(wire.arrived(), IsEmpty());
    EXPECT_THAT(ended(tool, "dropped"), UnorderedElementsAre(Pair("udp/53", 2), Pair("truncated", 1)));
}

// A packet that hides the bytes a rule compares is dropped, and counted as unparsed.
TEST_P(InAndOut, UnparsedPackets)
{
    const Mixed frames{is_out()};
    const std::string part = udp(1000, 80).substr(0, 3);
    const std::vector<std::string> cut{
        frames.v4(17, part, "198.51.100.1"), frames.v6(17, part, "2001:db8:1::1"),
        frames.v6(60, extension(60, "", 2), "2001:db8:1::1"),               // another header should follow
        frames.v6(44, fragment(60, 0, extension(17, "")), "2001:db8:1::1"), // the ports are in the next fragment
    };
    const std::vector<std::string> invalid{
        ethernet(0x0800, ipv4({.protocol = 17, .first = 0x44}, udp(1, 2))),
        ethernet(0x86dd, ipv6({.next = 17, .first = 0x40}, udp(1, 2))),
        ethernet(0x0800, "E"),
    };
    const auto run = [&](const Args &more, std::size_t unparsed, std::size_t dropped) {
        ToolRun tool{"xdpcount", with_method(more), there()};
        Wire wire = this->wire();
        for (const auto &kind : {cut, invalid, {frames.dns, frames.arp}})
            for (const std::string &frame : kind)
                wire.send(frame);
        EXPECT_EQ(wire.arrived().size(), cut.size() + invalid.size() + 2 - dropped);
        EXPECT_EQ(sum(ended(tool, "unparsed")), unparsed);
        EXPECT_EQ(sum(counts_of(tool, "dropped")), dropped);
    };

    run({"--drop", "udp/9"}, cut.size() + invalid.size(), cut.size() + invalid.size());
    run({"--drop", "192.0.2.77"}, invalid.size(), invalid.size()); // addresses are enough
    run({"--drop", "udp/53", "--unparsed", "pass"}, cut.size() + invalid.size(), 1);
    run({}, 0, 0);
}

TEST_P(InAndOut, EditedRules)
{
    const Mixed frames{is_out()};
    ToolRun tool{"xdpcount", with_method({"--drop", "udp/9", "--drop", "192.0.2.77"}), there()};
    Wire wire = this->wire();
    const auto arrives = [&](const std::string &frame) {
        wire.send(frame);
        return !wire.arrived().empty();
    };

    EXPECT_TRUE(arrives(frames.dns));
    bpftool_map(tool.pid(), "drop_port", "update", {"key", "0", "17", "0", "53", "value", "1"});
    EXPECT_FALSE(arrives(frames.dns));
    bpftool_map(tool.pid(), "drop_port", "delete", {"key", "0", "17", "0", "53"});
    EXPECT_TRUE(arrives(frames.dns));
    bpftool_map(tool.pid(), "drop_ipv4", "update", {"key", "24", "0", "0", "0", "203", "0", "113", "0", "value", "1"});
    EXPECT_FALSE(arrives(frames.web));
    EXPECT_TRUE(arrives(frames.web6));
    EXPECT_EQ(sum(ended(tool, "dropped")), 2u);
}

} // namespace
} // namespace snoop::test
