// SPDX-License-Identifier: BSD-2-Clause
// xdpcount on this kernel: exact counts of exact frames across a veth pair, by each way in
// and out; what is dropped and what arrives; what is left when it ends, however it ends.
#include "counts.hpp"
#include "frames.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "maps.hpp"
#include "net.hpp"
#include "privileges.hpp"
#include "terminal.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <map>
#include <optional>
#include <random>
#include <sched.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using Args = std::vector<std::string>;

constexpr auto tcx_egress = static_cast<bpf_attach_type>(47); // which older headers lack

// By which programs come to see packets.
struct Way {
    const char *name;
    bool is_out;
    std::optional<Hook> hook = {};
};

void PrintTo(const Way &way, std::ostream *out) { *out << way.name; }

// A frame that goes between the others, and is left out of the counts.
const std::string mark = ethernet(0x88b6, "the end");
constexpr const char *mark_key = "eth/0x88b6";

class Xdpcount : public testing::Test {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(veth);
        SNOOP_NEEDS(xdp);
        net.emplace(mtu());
    }
    [[nodiscard]] virtual unsigned mtu() const { return 1500; }

    [[nodiscard]] Start there() const
    {
        return {.in_child = [this] { net->near.enter(); }};
    }
    [[nodiscard]] static Args json(const Args &more = {})
    {
        Args args{"near0", "-o", "json", "-i", "1000"};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // What comes in, and what goes out, at near0.
    [[nodiscard]] Wire in() const { return {net->far, net->near, mark}; }
    [[nodiscard]] Wire out() const { return {net->near, net->far, mark}; }
    // The tool ends; its last counts, and its accounting balance.
    Counts ended(ToolRun &tool, const std::string &measure = "packets", int signal = SIGTERM)
    {
        EXPECT_EQ(tool.stop(signal), 0) << tool.err();
        return counts_of(tool, measure);
    }
    static Counts counts_of(ToolRun &tool, const std::string &measure = "packets")
    {
        const Counts packets = counts_in(tool.rows(), "packets");
        Counts accounting = expect_counts_balance(tool.err());
        EXPECT_EQ(accounting["counted"] + accounting["other"], sum(packets)) << tool.out();
        EXPECT_EQ(accounting["bytes"], sum(counts_in(tool.rows(), "bytes")));
        Counts counts = counts_in(tool.rows(), measure);
        counts.erase(mark_key);
        return counts;
    }

    OneCpu one_queue; // frames stay in their order
    std::optional<VethPair> net;
};

// With each way to see packets.
class ByWay : public Xdpcount, public testing::WithParamInterface<Way> {
protected:
    void SetUp() override
    {
        if (GetParam().hook == Hook::tcx)
            SNOOP_NEEDS(tcx);
        if (GetParam().hook == Hook::clsact)
            SNOOP_NEEDS(clsact);
        Xdpcount::SetUp();
    }
    [[nodiscard]] static bool is_out() { return GetParam().is_out; }
    [[nodiscard]] static Args by_way(const Args &more = {})
    {
        Args args{"near0", "-i", "1000", "--mode", GetParam().name};
        if (std::ranges::find(more, "-o") == more.end())
            args.insert(args.end(), {"-o", "json"});
        if (is_out())
            args.emplace_back("--tc");
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    [[nodiscard]] Wire wire() const { return is_out() ? out() : in(); }
};

INSTANTIATE_TEST_SUITE_P(, ByWay,
                         testing::Values(Way{"native", false}, Way{"generic", false}, Way{"tcx", true, Hook::tcx},
                                         Way{"clsact", true, Hook::clsact}),
                         [](const auto &way) { return way.param.name; });

// With one way in and one out: what is about programs, and not about where they are.
class InAndOut : public ByWay {};

INSTANTIATE_TEST_SUITE_P(, InAndOut, testing::Values(Way{"native", false}, Way{"clsact", true, Hook::clsact}),
                         [](const auto &way) { return way.param.name; });

class ByWayOut : public ByWay {};

INSTANTIATE_TEST_SUITE_P(, ByWayOut, testing::Values(Way{"tcx", true, Hook::tcx}, Way{"clsact", true, Hook::clsact}),
                         [](const auto &way) { return way.param.name; });

// ---- what packets are -------------------------------------------------------------------

struct Known {
    std::string frame;
    std::string proto;
    std::size_t needed; // bytes, to know what it is
    unsigned from = 0;  // ports, if it has any
    unsigned to = 0;

    [[nodiscard]] std::string key(bool is_out) const
    {
        return from ? fmt::format("{}/{}", proto, is_out ? from : to) : proto;
    }
};

std::vector<Known> known_frames()
{
    constexpr std::size_t eth = 14, ip4 = eth + 20, ip6 = eth + 40, ports = 4;
    const std::string some(28, 'x');
    const auto v4 = [](const Ipv4 &header, const std::string &payload) {
        return ethernet(0x0800, ipv4(header, payload));
    };
    const auto v6 = [](std::uint8_t next, const std::string &payload) {
        return ethernet(0x86dd, ipv6({.next = next}, payload));
    };
    std::string nine = udp(1, 2);
    for (int i = 0; i < 9; i++)
        nine = extension(i == 0 ? 17 : 60, nine);
    const std::string ah = std::string{6, 4} + std::string(22, '\0'); // (4 + 2) * 4 bytes

    return {
        {ethernet(0x0806, some), "arp", eth},
        {ethernet(0x88b5, some), "eth/0x88b5", eth},
        {ethernet(38, some), "802.3", eth},
        // IPv4
        {v4({.protocol = 1}, some), "icmp", ip4},
        {v4({.protocol = 17}, udp(40000, 53)), "udp", ip4 + ports, 40000, 53},
        {v4({.protocol = 6}, tcp(40001, 443)), "tcp", ip4 + ports, 40001, 443},
        {v4({.protocol = 132}, udp(40002, 3868)), "sctp", ip4 + ports, 40002, 3868},
        {v4({.protocol = 17, .options = std::string(40, '\1')}, udp(40003, 54)), "udp", ip4 + 40 + ports, 40003, 54},
        {v4({.protocol = 89}, some), "ospf", ip4},
        {v4({.protocol = 200}, some), "ip/200", ip4},
        {v4({.protocol = 17, .length = 0}, udp(40004, 55)), "udp", ip4 + ports, 40004, 55},
        {v4({.protocol = 17, .length = 22}, udp(40005, 56)), "truncated", 0}, // behind 22 bytes is padding
        {v4({.protocol = 17, .fragment = 0x2000}, udp(40006, 57)), "udp", ip4 + ports, 40006, 57},
        {v4({.protocol = 17, .fragment = 0x2001}, some), "udp/fragment", ip4},
        {v4({.protocol = 1, .fragment = 0x0001}, some), "icmp/fragment", ip4},
        {v4({.protocol = 17, .first = 0x55}, udp(1, 2)), "malformed", ip4},
        {v4({.protocol = 17, .first = 0x44}, udp(1, 2)), "malformed", ip4},
        // IPv6
        {v6(17, udp(40010, 60)), "udp", ip6 + ports, 40010, 60},
        {v6(6, tcp(40011, 61)), "tcp", ip6 + ports, 40011, 61},
        {v6(58, some), "icmp6", ip6},
        {v6(59, ""), "none", ip6},
        {v6(0, extension(60, extension(43, extension(6, tcp(40012, 62)), 3))), "tcp", ip6 + 40 + ports, 40012, 62},
        {v6(51, ah + tcp(40013, 63)), "tcp", ip6 + 24 + ports, 40013, 63},
        {v6(44, fragment(17, 0, udp(40014, 64))), "udp", ip6 + 8 + ports, 40014, 64},
        {v6(44, fragment(17, 5, some)), "udp/fragment", ip6 + 4},
        {v6(60, nine), "ip/60", ip6 + 7 * 8 + 4}, // more than are looked through
        {ethernet(0x86dd, ipv6({.next = 17, .first = 0x40}, udp(1, 2))), "malformed", ip6},
        // VLANs
        {ethernet(0x8100, tag(7, 0x0800, ipv4({.protocol = 17}, udp(40020, 70)))), "udp", ip4 + 4 + ports, 40020, 70},
        {ethernet(0x8100, tag(0, 0x0806, some)), "arp", eth + 4},
        {ethernet(0x88a8, tag(7, 0x8100, tag(8, 0x86dd, ipv6({.next = 6}, tcp(40021, 71))))), "tcp", ip6 + 8 + ports,
         40021, 71},
        {ethernet(0x88a8, tag(1, 0x8100, tag(2, 0x8100, tag(3, 0x0800, some)))), "vlan", eth + 8},
    };
}

TEST_P(ByWay, EveryKindOfPacketIsCountedExactly)
{
    Counts packets, bytes;
    ToolRun tool{"xdpcount", by_way(), there()};
    Wire wire = this->wire();

    int times = 1;
    for (const Known &known : known_frames()) {
        wire.send(known.frame, times);
        packets[known.key(is_out())] += static_cast<unsigned>(times);
        bytes[known.key(is_out())] += known.frame.size() * static_cast<unsigned>(times);
        times = times % 5 + 1;
    }
    wire.arrived();
    EXPECT_EQ(ended(tool), packets);
    EXPECT_EQ(counts_of(tool, "bytes"), bytes);
    EXPECT_THAT(tool.err(), HasSubstr(fmt::format("{}\n", GetParam().name)));
}

// Cut anywhere, a packet is what it was, if that can still be told, or truncated.
TEST_P(InAndOut, CutPackets)
{
    Counts packets;
    ToolRun tool{"xdpcount", by_way(), there()};
    Wire wire = this->wire();

    for (const Known &known : known_frames())
        for (std::size_t size = 14; size < known.frame.size(); size++) {
            wire.send(known.frame.substr(0, size));
            packets[size < known.needed ? "truncated" : known.key(is_out())]++;
        }
    wire.arrived();
    EXPECT_EQ(ended(tool), packets);
}

// Whatever comes, it is counted, and as something.
TEST_P(InAndOut, Noise)
{
    constexpr unsigned frames = 3000;
    std::mt19937 random{20240229};
    const auto number = [&](unsigned most) { return std::uniform_int_distribution<unsigned>{0, most}(random); };
    const auto known = known_frames();
    ToolRun tool{"xdpcount", by_way(), there()};
    Wire wire = this->wire();

    for (unsigned i = 0; i < frames; i++) {
        std::string frame = known[number(static_cast<unsigned>(known.size() - 1))].frame;
        for (unsigned changes = number(8); changes > 0; changes--)
            frame[12 + number(static_cast<unsigned>(frame.size() - 13))] = static_cast<char>(number(255));
        wire.send(frame.substr(0, 14 + number(static_cast<unsigned>(frame.size() - 14))));
    }
    wire.arrived();
    const Counts counts = ended(tool);
    EXPECT_EQ(sum(counts), frames);
    EXPECT_THAT(counts, Not(Contains(Key(IsEmpty()))));
}

TEST_P(InAndOut, By)
{
    const auto counted = [&](const char *by) {
        ToolRun tool{"xdpcount", by_way({"--by", by}), there()};
        Wire wire = this->wire();
        const std::string query = udp(40000, 53);
        wire.send(ethernet(0x0800, ipv4({.protocol = 17, .from = "192.0.2.1", .to = "192.0.2.9"}, query)), 2);
        wire.send(ethernet(0x86dd, ipv6({.next = 17, .from = "2001:db8::1", .to = "2001:db8::9"}, query)), 3);
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, "")), 4); // without its ports
        wire.send(ethernet(0x0806, "arp"), 5);
        wire.arrived();
        return ended(tool);
    };

    EXPECT_THAT(counted("port"),
                UnorderedElementsAre(Pair(is_out() ? "udp/40000" : "udp/53", 5), Pair("truncated", 4), Pair("arp", 5)));
    EXPECT_THAT(counted("peer"),
                UnorderedElementsAre(Pair(is_out() ? "udp/53" : "udp/40000", 5), Pair("truncated", 4), Pair("arp", 5)));
    EXPECT_THAT(counted("proto"), UnorderedElementsAre(Pair("udp", 5), Pair("tcp", 4), Pair("arp", 5)));
    EXPECT_THAT(counted("src"), UnorderedElementsAre(Pair("192.0.2.1", 6), Pair("2001:db8::1", 3), Pair("arp", 5)));
    EXPECT_THAT(counted("dst"), UnorderedElementsAre(Pair("192.0.2.9", 2), Pair("192.0.2.2", 4), Pair("2001:db8::9", 3),
                                                     Pair("arp", 5)));
}

// ---- drops ------------------------------------------------------------------------------

// Frames of which rules take some.
struct Mixed {
    // The other side's address is the source of what comes in, the destination of what goes out.
    explicit Mixed(bool is_out) : is_out_(is_out) {}

    [[nodiscard]] std::string v4(std::uint8_t protocol, const std::string &payload, const char *peer) const
    {
        Ipv4 header{.protocol = protocol};
        (is_out_ ? header.to : header.from) = peer;
        return ethernet(0x0800, ipv4(header, payload));
    }
    [[nodiscard]] std::string v6(std::uint8_t next, const std::string &payload, const char *peer) const
    {
        Ipv6 header{.next = next};
        (is_out_ ? header.to : header.from) = peer;
        return ethernet(0x86dd, ipv6(header, payload));
    }

    bool is_out_;
    const std::string ping = v4(1, "ping", "198.51.100.1"), ping6 = v6(58, "ping", "2001:db8:1::1"),
                      dns = v4(17, udp(1000, 53), "198.51.100.1"), dns6 = v6(17, udp(1000, 53), "2001:db8:1::1"),
                      answer = v4(17, udp(53, 1000), "198.51.100.1"), web = v4(6, tcp(1000, 80), "203.0.113.7"),
                      web6 = v6(6, tcp(1000, 80), "2001:db8:2::7"), arp = ethernet(0x0806, "arp");

    [[nodiscard]] std::vector<std::string> all() const { return {ping, ping6, dns, dns6, answer, web, web6, arp}; }
};

class Rules : public ByWay {
protected:
    // What these rules, a line each, drop of all frames: these and no other.
    void expect(const std::string &rules, const std::vector<std::string> &dropped)
    {
        Args args = by_way({"--by", "proto"});
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

class RulesByWay : public Rules {};

INSTANTIATE_TEST_SUITE_P(, Rules, testing::Values(Way{"native", false}, Way{"clsact", true, Hook::clsact}),
                         [](const auto &way) { return way.param.name; });
INSTANTIATE_TEST_SUITE_P(, RulesByWay, testing::Values(Way{"generic", false}, Way{"tcx", true, Hook::tcx}),
                         [](const auto &way) { return way.param.name; });

TEST_P(Rules, DropWhatTheySayAndNothingElse)
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

TEST_P(RulesByWay, DropWhatTheySayAndNothingElse)
{
    expect("icmp\nudp/53\n203.0.113.0/25\n2001:db8:2::/47",
           {frames.ping, frames.dns, frames.dns6, frames.web, frames.web6});
}

// Without --drop nothing is ever dropped.
TEST_P(ByWay, EverythingPasses)
{
    ToolRun tool{"xdpcount", by_way(), there()};
    Wire wire = this->wire();
    std::vector<std::string> sent;

    for (const Known &known : known_frames())
        sent.push_back(known.frame);
    for (const std::string &frame : sent)
        wire.send(frame);
    // A tag is not part of the frame any more.
    EXPECT_EQ(wire.arrived().size(), sent.size());
    EXPECT_EQ(sum(ended(tool, "dropped")), 0u);
}

// A later fragment has no port: it passes a rule of ports. A rule of a protocol takes it.
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

// Behind tags and extension headers a rule sees what a host would.
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

TEST_P(InAndOut, RulesAreEditedWhileItRuns)
{
    const Mixed frames{is_out()};
    ToolRun tool{"xdpcount", by_way({"--drop", "udp/9", "--drop", "192.0.2.77"}), there()};
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

// ---- how it is attached, and what is left -------------------------------------------------

// What is on it: "xdp", "tcx" of programs, "clsact" of the qdisc.
std::string attached_to(const NetEnd &end)
{
    std::string all;

    end.space.in([&] {
        LIBBPF_OPTS(bpf_xdp_query_opts, xdp);
        if (bpf_xdp_query(end.index, 0, &xdp) == 0 && xdp.attach_mode != XDP_ATTACHED_NONE)
            all += "xdp ";
        std::uint32_t ids[8], flags = 0, count = 8;
        if (bpf_prog_query(end.index, tcx_egress, 0, &flags, ids, &count) == 0 && count > 0)
            all += "tcx ";
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = end.index, .attach_point = BPF_TC_EGRESS);
        const int err = bpf_tc_hook_create(&hook);
        if (err == -EEXIST)
            all += "clsact ";
        else if (err == 0) {
            hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
            bpf_tc_hook_destroy(&hook);
        }
    });
    return all;
}

TEST_P(ByWay, NothingIsLeft)
{
    const std::string before = is_out() ? fmt::format("{} ", GetParam().name) : "xdp ";
    const auto runs = [&](const Args &more, const std::function<void(ToolRun &)> &end) {
        ToolRun tool{"xdpcount", by_way(more), there()};
        end(tool);
        EXPECT_EQ(tool.wait(), 0);
        EXPECT_EQ(attached_to(net->near), "");
    };

    runs({"--drop", "icmp"}, [&](ToolRun &tool) {
        EXPECT_EQ(attached_to(net->near), before);
        tool.send(SIGINT);
    });
    runs({"-d", "0.1"}, [](ToolRun &) {});
    runs({"--once", "--", "/bin/true"}, [](ToolRun &) {});
}

TEST_P(ByWay, KilledItNeitherCountsNorDrops)
{
    const Mixed frames{is_out()};
    ToolRun tool{"xdpcount", by_way({"--drop", "icmp"}), there()};
    Wire wire = this->wire();
    const auto arrives = [&] {
        wire.send(frames.ping);
        return !wire.arrived().empty();
    };

    EXPECT_FALSE(arrives());
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually(arrives)); // the kernel empties a program array by and by
    // What a filter leaves, the next run takes away.
    const bool is_filter = GetParam().hook == Hook::clsact;
    EXPECT_EQ(attached_to(net->near), is_filter ? "clsact " : "");
    ToolRun again{"xdpcount", by_way({"--drop", "icmp"}), there()};
    EXPECT_FALSE(arrives());
    ended(again);
    EXPECT_TRUE(arrives());
    net->near.space.in([&] {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = net->near.index, .attach_point = BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 1);
        EXPECT_NE(bpf_tc_query(&hook, &filter), 0);
    });
}

// XDP has room for one: TakenByAnother. Several of them count what goes out, each for itself; what others have there
// stays.
TEST_P(ByWayOut, OthersOnTheWayOut)
{
    const bool is_filter = GetParam().hook == Hook::clsact;
    int others = -1;
    net->near.space.in([&] {
        // One that lets nothing through to programs behind it.
        const std::array<bpf_insn, 2> code{{{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0}, // TC_ACT_OK
                                            {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
        const Fd prog{bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "others", "GPL", code.data(), code.size(), nullptr)};
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = net->near.index, .attach_point = BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = prog.get());
        if (is_filter) {
            ASSERT_EQ(bpf_tc_hook_create(&hook), 0);
            ASSERT_EQ(bpf_tc_attach(&hook, &filter), 0);
        } else {
            others = bpf_link_create(prog.get(), net->near.index, tcx_egress, nullptr);
            ASSERT_GE(others, 0);
        }
    });
    const Fd link{others};
    ToolRun one{"xdpcount", by_way(), there()};
    ToolRun two{"xdpcount", by_way({"--by", "proto"}), there()};
    Wire wire = out();

    wire.send(Mixed{true}.dns, 3);
    EXPECT_THAT(ended(two), ElementsAre(Pair("udp", 3)));
    wire.send(Mixed{true}.dns);
    EXPECT_THAT(ended(one), ElementsAre(Pair("udp/1000", 4)));
    EXPECT_EQ(attached_to(net->near), is_filter ? "clsact " : "tcx "); // the other's
}

TEST_F(Xdpcount, NativeIfTheDriverCan)
{
    ToolRun tool{"xdpcount", json(), there()};
    ended(tool);
    EXPECT_THAT(tool.err_lines()[0], "xdpcount: near0: what comes in, by XDP, native");
}

TEST_F(Xdpcount, TcxIfTheKernelHasIt)
{
    SNOOP_NEEDS(clsact);
    ToolRun tool{"xdpcount", json({"--tc"}), there()};
    Wire wire = out();
    wire.send(Mixed{true}.dns, 2);
    EXPECT_THAT(ended(tool), ElementsAre(Pair("udp/1000", 2)));
    EXPECT_THAT(tool.err_lines()[0],
                lacks(Hook::tcx)
                    ? AllOf(StartsWith("xdpcount: near0: what goes out, by tc, clsact; tcx was refused: it came with "
                                       "6.6: "))
                    : AllOf(StartsWith("xdpcount: near0: what goes out, by tc, tcx")));
}

TEST_F(Xdpcount, GenericIfItCannotAndWhy)
{
    const NetEnd lo{.name = "lo", .index = 1};
    lo.space.in([] { set_up("lo"); });
    const Start at_lo{.in_child = [&] { lo.enter(); }};
    ToolRun tool{"xdpcount", {"lo", "-o", "json", "-i", "1000"}, at_lo};
    Wire wire{lo, lo, mark};

    wire.send(Mixed{false}.dns, 3);
    wire.arrived();
    EXPECT_THAT(ended(tool), ElementsAre(Pair("udp/53", 3)));
    EXPECT_THAT(tool.err_lines()[0], AllOf(StartsWith("xdpcount: lo: what comes in, by XDP, generic; native was "
                                                      "refused: "),
                                           HasSubstr("native mode (EOPNOTSUPP)")));
    EXPECT_EQ(tool.rows().at(0)["mode"], "generic");
    const Outcome forced = run_tool("xdpcount", {"lo", "--mode", "native"}, at_lo);
    EXPECT_EQ(forced.code, 3);
    EXPECT_THAT(forced.err, HasSubstr("xdpcount: lo: native was refused: "));
}

TEST_F(Xdpcount, TakenByAnother)
{
    ToolRun tool{"xdpcount", json(), there()};
    const Outcome second = run_tool("xdpcount", {"near0"}, there());

    EXPECT_EQ(second.code, 1);
    EXPECT_THAT(second.err_lines(), SizeIs(1));
    EXPECT_TRUE(has_match(second.err, R"(near0 has an XDP program already, \d+ \('xdpcount_in'\))")) << second.err;
    ended(tool);
}

TEST_F(Xdpcount, TheInterfaceGoes)
{
    ToolRun tool{"xdpcount", {"near0", "-o", "json", "-i", "0.05"}, there()};
    Wire wire = in();
    wire.send(Mixed{false}.dns, 3);
    tool.row_where([](const Json &row) { return row["packets"] == 3; });

    net->near.space.in([] { delete_interface("near0"); });
    EXPECT_EQ(tool.wait(), 1);
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0 is gone\n"));
    expect_counts_balance(tool.err());
}

// ---- large, many, fast --------------------------------------------------------------------

class JumboFrames : public Xdpcount {
protected:
    [[nodiscard]] unsigned mtu() const override { return 9000; }
};

TEST_F(JumboFrames, AreCountedWhole)
{
    const std::string large = ethernet(0x0800, ipv4({.protocol = 17}, udp(1000, 53, std::string(8000, 'x'))));
    // Its ports are behind the first buffer of a page.
    const std::string deep =
        ethernet(0x86dd, ipv6({.next = 60}, extension(60, extension(17, udp(1000, 54), 256), 256)));
    ToolRun tool{"xdpcount", json({"--drop", "udp/54"}), there()};
    Wire wire = in();

    wire.send(large, 3);
    wire.send(deep, 2);
    wire.arrived();
    EXPECT_THAT(ended(tool, "bytes"),
                UnorderedElementsAre(Pair("udp/53", 3 * large.size()), Pair("udp/54", 2 * deep.size())));
    EXPECT_THAT(counts_of(tool, "dropped"), Contains(Pair("udp/54", 2)));
    // Before 5.18 a driver takes no frame that is larger than a page.
    EXPECT_THAT(tool.err_lines()[0],
                testing::AnyOf(testing::EndsWith("by XDP, native"),
                               testing::ContainsRegex("generic; native was refused: .*Peer MTU is too large")));
}

// The stack hands over what the device cuts into segments: each of them is a packet.
TEST_P(ByWayOut, SegmentsOfTcp)
{
    constexpr std::size_t bytes = 1'000'000;
    Fd listener, sender, receiver;
    tcp_info info{};
    sockaddr_in to{AF_INET, htons(5001), {}, {}};

    inet_pton(AF_INET, "192.0.2.2", &to.sin_addr);
    net->far.space.in([&] {
        add_address(net->far.index, "192.0.2.2", 24);
        listener = Fd{socket(AF_INET, SOCK_STREAM, 0)};
        ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
        ASSERT_EQ(listen(listener.get(), 1), 0);
    });
    net->near.space.in([&] { add_address(net->near.index, "192.0.2.1", 24); });
    ToolRun tool{"xdpcount", by_way({"--by", "peer"}), there()};
    net->near.space.in([&] {
        sender = Fd{socket(AF_INET, SOCK_STREAM, 0)};
        ASSERT_EQ(connect(sender.get(), reinterpret_cast<sockaddr *>(&to), sizeof(to)), 0);
    });
    receiver = Fd{accept(listener.get(), nullptr, nullptr)};
    Process reads{[&] {
        std::string buffer(1 << 16, '\0');
        std::size_t left = bytes;
        while (left > 0)
            left -= static_cast<std::size_t>(read(receiver.get(), buffer.data(), buffer.size()));
    }};
    const std::string data(bytes, 'x');
    ASSERT_EQ(write(sender.get(), data.data(), data.size()), static_cast<ssize_t>(bytes));
    reads.wait();
    socklen_t size = sizeof(info);
    ASSERT_TRUE(eventually([&] { // until all is acknowledged
        return getsockopt(sender.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_unacked == 0 &&
               info.tcpi_notsent_bytes == 0;
    }));

    const Counts packets = ended(tool);
    EXPECT_THAT(packets, Contains(Pair("tcp/5001", info.tcpi_segs_out)));
    // Ethernet, IP, TCP with its timestamps; the SYN has 8 bytes of options more.
    const std::size_t headers = 14 + 20 + 20 + 12;
    EXPECT_THAT(counts_of(tool, "bytes"),
                Contains(Pair("tcp/5001", bytes + info.tcpi_bytes_retrans + info.tcpi_segs_out * headers + 8)));
    EXPECT_GT(info.tcpi_segs_out, bytes / 1500);
}

// The same of what another machine, or a packet socket, leaves to be cut: nobody says of how many.
TEST_P(ByWayOut, SegmentsThatNobodyCounted)
{
    constexpr std::size_t payload = 5500, size = 1000, headers = 14 + 20 + 20;
    const std::string frame = Mixed{true}.v4(6, tcp(1000, 80, std::string(payload, 'x')), "198.51.100.1");
    // struct virtio_net_hdr, whose header is none of C++.
    const struct {
        std::uint8_t needs_checksum = 1, tcp_of_ipv4 = 1;
        std::uint16_t header_bytes = headers, segment = size, checksum_from = 14 + 20, checksum_at = 16;
    } offload;
    ToolRun tool{"xdpcount", by_way(), there()};
    net->near.space.in([&] {
        const Fd socket{::socket(AF_PACKET, SOCK_RAW, 0)};
        const int on = 1;
        ASSERT_EQ(setsockopt(socket.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
        sockaddr_ll to{};
        to.sll_family = AF_PACKET;
        to.sll_protocol = htons(0x0800);
        to.sll_ifindex = net->near.index;
        const std::string all = std::string{reinterpret_cast<const char *>(&offload), sizeof(offload)} + frame;
        ASSERT_EQ(sendto(socket.get(), all.data(), all.size(), 0, reinterpret_cast<sockaddr *>(&to), sizeof(to)),
                  static_cast<ssize_t>(all.size()));
    });
    EXPECT_THAT(ended(tool), ElementsAre(Pair("tcp/1000", 6)));
    EXPECT_THAT(counts_of(tool, "bytes"), ElementsAre(Pair("tcp/1000", payload + 6 * headers)));
}

TEST_F(Xdpcount, AnInterfaceWithoutEthernet)
{
    SNOOP_NEEDS(tun);
    const TunDevice device{net->near.space};
    ToolRun tool{"xdpcount", {"tun0", "-o", "json", "-i", "1000", "--drop", "192.0.2.1"}, there()};

    for (int i = 0; i < 3; i++)
        device.send(ipv4({.protocol = 17}, udp(1000, 53)));
    device.send(ipv6({.next = 6}, tcp(1000, 80)));
    EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("udp/53", 3), Pair("tcp/80", 1)));
    EXPECT_THAT(counts_of(tool, "dropped"), UnorderedElementsAre(Pair("udp/53", 3), Pair("tcp/80", 0)));
}

// A scan of ports: a key that is new with each packet, faster than memory is given out.
TEST_P(InAndOut, FiveThousandPorts)
{
    constexpr unsigned ports = 5'000;
    ToolRun tool{"xdpcount", by_way({"-o", "text", "--top", "1"}), there()};
    Wire wire = this->wire();

    for (unsigned port = 1; port <= ports; port++)
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(port, port))));
    wire.arrived();
    EXPECT_EQ(tool.stop(), 0);
    Counts accounting = expect_counts_balance(tool.err());
    EXPECT_EQ(accounting["other"], 0u);
    EXPECT_EQ(accounting["counted"], ports + ports / 64 + 1); // the marks
    EXPECT_THAT(tool.lines(), Contains(fmt::format("# {} more keys", ports)));
}

TEST_P(InAndOut, WhatFindsNoRoomCountsAsOther)
{
    ToolRun tool{"xdpcount", by_way({"--max-keys", "4", "--strict"}), there()};
    Wire wire = this->wire();
    constexpr unsigned ports = 40;
    std::size_t bytes = 0;

    for (unsigned port = 1; port <= ports; port++) {
        const std::string frame = ethernet(0x0800, ipv4({.protocol = 6}, tcp(port, port, std::string(port, 'x'))));
        wire.send(frame);
        bytes += frame.size();
    }
    wire.arrived();
    EXPECT_EQ(tool.stop(), 1);
    EXPECT_THAT(counts_of(tool), ElementsAre(Pair("other", ports - 4 + 1), Pair("tcp/1", 1), Pair("tcp/2", 1),
                                             Pair("tcp/3", 1), Pair("tcp/4", 1)));
    EXPECT_EQ(sum(counts_in(tool.rows(), "bytes")), bytes + mark.size());
    EXPECT_TRUE(tool.rows().back()["other"]);
}

TEST_P(InAndOut, OnTwoProcessorsAtOnce)
{
    constexpr int each = 3000;
    ToolRun tool{"xdpcount", by_way(), there()};
    const std::string dns = Mixed{is_out()}.dns;
    {
        std::vector<Process> load;
        for (int cpu = 0; cpu < 2; cpu++)
            load.emplace_back([&, cpu] {
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(cpu, &one);
                sched_setaffinity(0, sizeof(one), &one); // fails with one processor
                const NetEnd &from = is_out() ? net->near : net->far, &to = is_out() ? net->far : net->near;
                Wire wire{from, to, ethernet(0x88b6, std::to_string(cpu))};
                wire.send(dns, each);
                wire.arrived();
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_THAT(ended(tool), ElementsAre(Pair(is_out() ? "udp/1000" : "udp/53", 2 * each)));
}

// ---- what it says ---------------------------------------------------------------------------

TEST_F(Xdpcount, ABlock)
{
    constexpr const char *head = R"(# \d\d:\d\d:\d\d, \d+\.\d s, by packets, near0 in, native)";
    ToolRun tool{"xdpcount", {"near0", "-i", "1000", "--drop", "icmp"}, there()};
    Wire wire = in();
    const Mixed frames{false};

    wire.send(frames.dns, 5);
    wire.send(frames.web, 3);
    wire.send(frames.ping, 2);
    wire.arrived();
    EXPECT_EQ(tool.stop(), 0);
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(8)) << tool.out();
    EXPECT_TRUE(matches(lines[0], head)) << lines[0];
    EXPECT_EQ(lines[1], "PROTO      PORT    PACKETS    PER-SEC      BYTES    BYTES/S    DROPPED  SHARE BAR");
    const auto is_row = [](const std::string &line, const char *key, int packets, std::size_t bytes, int dropped) {
        return matches(line,
                       fmt::format(R"({} +{} +\d+\.\d +{} +\d+\.\d +{} +\d+\.\d% #+)", key, packets, bytes, dropped));
    };
    EXPECT_TRUE(is_row(lines[2], "udp        53  ", 5, 5 * frames.dns.size(), 0)) << lines[2];
    EXPECT_TRUE(is_row(lines[3], "tcp        80  ", 3, 3 * frames.web.size(), 0)) << lines[3];
    EXPECT_TRUE(is_row(lines[4], "icmp       -   ", 2, 2 * frames.ping.size(), 2)) << lines[4];
    EXPECT_TRUE(is_row(lines[5], "eth/0x88b6 -   ", 1, mark.size(), 0)) << lines[5];
    EXPECT_TRUE(matches(lines[6], R"(# total 11, \d+\.\d a second, bytes \d+, \d+\.\d a second, dropped 2)"))
        << lines[6];
    EXPECT_EQ(lines[7], "");
    EXPECT_THAT(tool.err_lines(),
                ElementsAre("xdpcount: near0: what comes in, by XDP, native",
                            "xdpcount: near0: dropping icmp until xdpcount ends", "xdpcount: tracing, Ctrl-C ends",
                            testing::ContainsRegex("^xdpcount: seen 11 = counted 11 \\+ filtered 0 \\+ other 0 \\+ "
                                                   "lost 0; bytes [0-9]+; dropped 2$")));
}

TEST_F(Xdpcount, EachKeyOfJson)
{
    ToolRun tool{"xdpcount", json({"--drop", "udp/53"}), there()};
    const Mixed frames{false};
    Wire wire = in();
    wire.send(frames.dns, 2);
    wire.arrived();
    ended(tool);
    Json row = tool.rows().at(0);

    EXPECT_TRUE(matches(row["time"].get<std::string>(), R"(\d{4}-\d\d-\d\dT[\d:.]+Z)"));
    EXPECT_GT(row["packets_rate"], 0);
    EXPECT_GT(row["bytes_rate"], row["packets_rate"]);
    for (const char *key : {"time", "packets_rate", "bytes_rate", "dropped_rate", "dropped_bytes_rate"})
        row.erase(key);
    const std::size_t bytes = 2 * frames.dns.size();
    EXPECT_EQ(row, (Json{{"event", "count"},
                         {"by", "port"},
                         {"key", "udp/53"},
                         {"iface", "near0"},
                         {"direction", "in"},
                         {"mode", "native"},
                         {"proto", "udp"},
                         {"port", 53},
                         {"address", nullptr},
                         {"packets", 2},
                         {"packets_delta", 2},
                         {"bytes", bytes},
                         {"bytes_delta", bytes},
                         {"dropped", 2},
                         {"dropped_delta", 2},
                         {"dropped_bytes", bytes},
                         {"dropped_bytes_delta", bytes},
                         {"other", false}}));
}

TEST_F(Xdpcount, TopAndSort)
{
    const auto protos = [&](const Args &more) {
        Args args{"near0", "-i", "1000", "--by", "proto"};
        args.insert(args.end(), more.begin(), more.end());
        ToolRun tool{"xdpcount", args, there()};
        Wire wire = in();
        wire.send(ethernet(0x0800, ipv4({.protocol = 1}, std::string(500, 'x'))), 2);
        wire.send(ethernet(0x0800, ipv4({.protocol = 6}, tcp(1, 2))), 4);
        wire.send(ethernet(0x0800, ipv4({.protocol = 17}, udp(1, 2))), 3);
        wire.arrived();
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (!line.empty() && !line.starts_with('#') && !line.starts_with("PROTO") && !line.starts_with("eth"))
                names.push_back(line.substr(0, line.find(' ')));
        return names;
    };

    EXPECT_THAT(protos({}), ElementsAre("tcp", "udp", "icmp"));
    EXPECT_THAT(protos({"--sort", "bytes"}), ElementsAre("icmp", "tcp", "udp"));
    EXPECT_THAT(protos({"--sort", "rate"}), ElementsAre("tcp", "udp", "icmp"));
    EXPECT_THAT(protos({"--sort", "key"}), ElementsAre("icmp", "tcp", "udp"));
    EXPECT_THAT(protos({"--sort", "dropped", "--drop", "udp/2"}), ElementsAre("udp", "icmp", "tcp"));
    EXPECT_THAT(protos({"--top", "2"}), ElementsAre("tcp", "udp"));
}

TEST_F(Xdpcount, ABlockForEachInterval)
{
    ToolRun tool{"xdpcount", {"near0", "-i", "0.1"}, there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns);
    tool.line_with("udp   53");
    wire.send(Mixed{false}.dns);
    tool.line_where([](const std::string &line) { return line.starts_with("udp   53            2 "); });
    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

TEST_F(Xdpcount, OfACommand)
{
    ToolRun tool{"xdpcount", json({"--once", "--", "/bin/sh", "-c", "exit 3"}), there()};
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: /bin/sh exited with 3\n"));
}

// The tool in a terminal's window, in the network namespace that its first argument names.
const Load in_namespace{"in_namespace", [](const std::vector<std::string> &args) {
                            const Fd space{open(args.at(0).c_str(), O_RDONLY | O_CLOEXEC)};
                            if (setns(space.get(), CLONE_NEWNET) != 0)
                                return 1;
                            const Args command{args.begin() + 1, args.end()};
                            execv(command.at(0).c_str(), pointers(command).data());
                            return 127;
                        }};

TEST_F(Xdpcount, OnATerminal)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{100,
                      12,
                      {"env", "SNOOP_LOAD=" + in_namespace.env().at("SNOOP_LOAD"), Load::self(), net->near.space.path(),
                       tool_path("xdpcount"), "near0", "-i", "0.1"}};
    Wire wire = in();
    const Mixed frames{false};
    terminal.wait_for("# total 0");

    wire.send(frames.dns, 3);
    wire.send(frames.web, 2);
    terminal.wait_for("# total 5");
    auto lines = terminal.lines();
    ASSERT_THAT(lines, SizeIs(Ge(5)));
    EXPECT_THAT(lines[0], testing::EndsWith("by packets, near0 in, native"));
    EXPECT_THAT(lines[1], StartsWith("PROTO PORT    PACKETS    PER-SEC      BYTES    BYTES/S  SHARE BAR"));
    EXPECT_THAT(lines[2], StartsWith("udp   53            3 "));
    EXPECT_THAT(lines[2], SizeIs(100)); // the largest bar fills the window
    EXPECT_THAT(lines[3], StartsWith("tcp   80            2 "));
    terminal.press("s");
    terminal.wait_for("by bytes");
    EXPECT_THAT(terminal.lines()[2], StartsWith("udp"));
    terminal.press("s");
    terminal.wait_for("by rate");
    terminal.press("s");
    terminal.wait_for("by key");
    EXPECT_THAT(terminal.lines()[2], StartsWith("tcp"));
    terminal.press("c");
    terminal.wait_for("# total 0");
    wire.send(frames.web);
    terminal.wait_for("# total 1");
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    terminal.wait_for("counted 6");
}

// ---- bad input, few rights ------------------------------------------------------------------

TEST(XdpcountUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("xdpcount", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({}, "missing IFACE");
    refused({"lo", "eth0"}, "unexpected argument 'eth0'");
    refused({"no-such-iface"}, "no interface is called 'no-such-iface'; there are lo");
    refused({"a-name-that-is-longer-than-15-bytes"}, "no interface is called");
    refused({"lo", "--by", "colour"}, "invalid value 'colour': give one of port, peer, proto, src, dst");
    refused({"lo", "--mode", "tcx"}, "--mode tcx requires --tc");
    refused({"lo", "--mode", "native", "--tc"}, "--mode native excludes --tc, which takes tcx or clsact");
    refused({"lo", "--drop", "tcp/65536"}, "--drop: 'tcp/65536': the port is a number from 1 to 65535");
    refused({"lo", "--drop", "host.example"}, "--drop: 'host.example' is none of icmp, icmp6, tcp/PORT");
    refused({"lo", "--drop", ""}, "--drop");
    refused({"lo", "--max-keys", "0"}, "--max-keys: invalid count '0'");
    refused({"lo", "-i", "0"}, "--interval: invalid time '0'");
    refused({"lo", "--sort", "count"}, "invalid value 'count': give one of packets, bytes, dropped, rate, key");
    refused({"lo", "-u", "0"}, "unexpected option '-u'");
}

class XdpcountRights : public Xdpcount {
protected:
    [[nodiscard]] Start with(const std::vector<unsigned> &capabilities) const
    {
        return {.in_child =
                    [this, capabilities] {
                        net->near.enter();
                        become_nobody_with(capabilities);
                    },
                .program = copy};
    }

    TempDir dir;
    const std::string copy = dir.file("copy", read_file(tool_path("xdpcount")), 0755);
};

TEST_F(XdpcountRights, WithoutItSaysWhichItNeeds)
{
    for (const auto &start : {with({}), with({cap_bpf, cap_perfmon}), with({cap_net_admin})}) {
        const Outcome outcome = run_tool("xdpcount", {"near0"}, start);
        EXPECT_EQ(outcome.code, 3);
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr("needs root, or the capabilities CAP_BPF and CAP_NET_ADMIN"));
    }
}

TEST_F(XdpcountRights, TwoCapabilitiesAreEnoughOrItSaysWhichIsTheThird)
{
    const auto drops = [&](const std::vector<unsigned> &capabilities) {
        ToolRun tool{"xdpcount", json({"--drop", "icmp", "--drop", "::/0"}), with(capabilities)};
        Wire wire = in();
        wire.send(Mixed{false}.web6, 2);
        wire.arrived();
        EXPECT_THAT(ended(tool, "dropped"), ElementsAre(Pair("tcp/80", 2)));
    };

    drops({cap_bpf, cap_net_admin, cap_perfmon});
    if (!lacks(Hook::tcx)) // 6.6: not too old a verifier
        return drops({cap_bpf, cap_net_admin});
    const Outcome outcome = run_tool("xdpcount", {"near0", "--drop", "::/0"}, with({cap_bpf, cap_net_admin}));
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("this kernel's verifier asks for CAP_PERFMON as well"));
}

} // namespace
} // namespace snoop::test
