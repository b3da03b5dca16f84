// SPDX-License-Identifier: BSD-2-Clause
// xdpcount on this kernel: exact counts of exact frames, by each attach method; usage errors.
#include "xdpcount/xdpcount.hpp"

#include <fmt/format.h>
#include <random>
#include <sys/socket.h>
#include <sys/stat.h>

namespace snoop::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

INSTANTIATE_TEST_SUITE_P(, Methods,
                         testing::Values(Method{"native", false}, Method{"generic", false},
                                         Method{"tcx", true, Hook::tcx}, Method{"clsact", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });

INSTANTIATE_TEST_SUITE_P(, InAndOut, testing::Values(Method{"native", false}, Method{"clsact", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });

INSTANTIATE_TEST_SUITE_P(, OutMethods,
                         testing::Values(Method{"tcx", true, Hook::tcx}, Method{"clsact", true, Hook::clsact}),
                         [](const auto &method) { return method.param.name; });

TEST_P(Methods, CountsEveryKindOfPacket)
{
    Counts packets, bytes;
    ToolRun tool{"xdpcount", with_method(), there()};
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

// A packet that is cut counts under its key if that is still known, otherwise as truncated.
TEST_P(InAndOut, CutPackets)
{
    Counts packets;
    ToolRun tool{"xdpcount", with_method(), there()};
    Wire wire = this->wire();

    for (const Known &known : known_frames())
        for (std::size_t size = 14; size < known.frame.size(); size++) {
            wire.send(known.frame.substr(0, size));
            packets[size < known.needed ? "truncated" : known.key(is_out())]++;
        }
    wire.arrived();
    EXPECT_EQ(ended(tool), packets);
}

// Random bytes are counted under some key.
TEST_P(InAndOut, Noise)
{
    constexpr unsigned frames = 3000;
    std::mt19937 random{20240229};
    const auto number = [&](unsigned most) { return std::uniform_int_distribution<unsigned>{0, most}(random); };
    const auto known = known_frames();
    ToolRun tool{"xdpcount", with_method(), there()};
    Wire wire = this->wire();

    for (unsigned i = 0; i < frames; i++) {
        std::string frame = known[number(static_cast<unsigned>(known.size() - 1))].frame;
        for (unsigned changes = number(8); changes > 0; changes--)
            frame[12 + number(static_cast<unsigned>(frame.size() - 13))] = static_cast<char>(number(255));
        wire.send(frame.substr(0, 14 + number(static_cast<unsigned>(frame.size() - 14))));
    }
    wire.arrived();
    const Counts counts = ended(tool);
    // With the marks, whose type a frame may have by chance.
    EXPECT_EQ(sum(counts_in(tool.rows(), "packets")), frames + frames / 64 + 1);
    EXPECT_THAT(counts, Not(Contains(Key(IsEmpty()))));
}

TEST_P(InAndOut, By)
{
    const auto counted = [&](const char *by) {
        ToolRun tool{"xdpcount", with_method({"--by", by}), there()};
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
    refused({"lo", "no-such-iface"}, "there is no interface 'no-such-iface'; choose from lo");
    refused({"no-such-iface"}, "there is no interface 'no-such-iface'; choose from lo");
    refused({"a-name-that-is-longer-than-15-bytes"}, "there is no interface");
    refused({"lo", "--by", "colour"},
            "invalid value 'colour': give one of port, peer, proto, src, dst, interface, vlan, tcp-flags");
    refused({"lo", "--mode", "tcx"}, "--mode tcx requires --tc");
    refused({"lo", "--mode", "native", "--tc"}, "--mode native cannot be combined with --tc: give tcx or clsact");
    refused({"lo", "--drop", "tcp/65536"}, "--drop: invalid port in 'tcp/65536': give 1 to 65535");
    refused({"lo", "--drop", "host.example"}, "--drop: invalid rule 'host.example': give icmp, icmp6, tcp/PORT");
    refused({"lo", "--drop", "tcp-flags=sin"}, "--drop: invalid flag in 'tcp-flags=sin': give none, or some of fin");
    refused({"lo", "--drop", ""}, "--drop");
    refused({"lo", "--max-keys", "0"}, "--max-keys: invalid count '0'");
    refused({"lo", "-i", "0"}, "--interval: invalid time '0'");
    refused({"lo", "--sort", "count"},
            "invalid value 'count': give one of packets, bytes, dropped, unparsed, rate, key");
    refused({"lo", "-u", "0"}, "unexpected option '-u'");
}

class XdpcountPrivileges : public Xdpcount {
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

TEST_F(XdpcountPrivileges, NamesMissingPrivilege)
{
    for (const auto &start : {with({}), with({cap_bpf, cap_perfmon}), with({cap_net_admin})}) {
        const Outcome outcome = run_tool("xdpcount", {"near0"}, start);
        EXPECT_EQ(outcome.code, 3);
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr("needs root, or the capabilities CAP_BPF and CAP_NET_ADMIN"));
        EXPECT_THAT(outcome.err, HasSubstr("chmod 0750 $f && sudo setcap cap_bpf,cap_net_admin+ep $f`; whoever may run "
                                           "it can then count the packets of everybody and drop any of them"));
    }
}

TEST_F(XdpcountPrivileges, TwoCapabilitiesSuffice)
{
    const auto drops = [&](const std::vector<unsigned> &capabilities) {
        Args args = json({"--drop", "icmp", "--drop", "::/0", "--drop", "tcp-flags=syn"});
        if (!lacks(Hook::tcx)) // before 5.18 through perf buffers, which can be for root alone
            args.insert(args.end(), {"--pcap", dir.at(fmt::format("{}.pcap", capabilities.size()))});
        ToolRun tool{"xdpcount", args, with(capabilities)};
        Wire wire = in();
        wire.send(Mixed{false}.web6, 2);
        wire.arrived();
        EXPECT_THAT(ended(tool, "dropped"), ElementsAre(Pair("tcp/80", 2)));
    };

    ASSERT_EQ(chmod(dir.path().c_str(), 0777), 0);
    drops({cap_bpf, cap_net_admin, cap_perfmon});
    if (!lacks(Hook::tcx)) // 6.6: not too old a verifier
        return drops({cap_bpf, cap_net_admin});
    const Outcome outcome = run_tool("xdpcount", {"near0", "--drop", "::/0"}, with({cap_bpf, cap_net_admin}));
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("this kernel's verifier also requires CAP_PERFMON"));
}

} // namespace
} // namespace snoop::test
