// SPDX-License-Identifier: BSD-2-Clause
// xdpcount: how it attaches next to other programs, and that it leaves nothing behind.
#include "accounting.hpp"
#include "xdpcount/xdpcount.hpp"

#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <sys/socket.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto tcx_egress = static_cast<bpf_attach_type>(47); // which older headers lack

// The names of what is attached: "xdp" and "tcx" programs, the qdisc "clsact".
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

TEST_P(Methods, LeavesNothingBehind)
{
    const std::string before = is_out() ? fmt::format("{} ", GetParam().name) : "xdp ";
    const auto runs = [&](const Args &more, const std::function<void(ToolRun &)> &end) {
        ToolRun tool{"xdpcount", with_method(more), there()};
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

TEST_P(Methods, KilledLeavesNoEffect)
{
    const Mixed frames{is_out()};
    ToolRun tool{"xdpcount", with_method({"--drop", "icmp"}), there()};
    Wire wire = this->wire();
    const auto arrives = [&] {
        wire.send(frames.ping);
        return !wire.arrived().empty();
    };

    EXPECT_FALSE(arrives());
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually(arrives)); // the kernel empties a program array by and by
    // The next run removes what a filter leaves behind.
    const bool is_filter = GetParam().hook == Hook::clsact;
    EXPECT_EQ(attached_to(net->near), is_filter ? "clsact " : "");
    ToolRun again{"xdpcount", with_method({"--drop", "icmp"}), there()};
    EXPECT_FALSE(arrives());
    ended(again);
    EXPECT_TRUE(arrives());
    net->near.space.in([&] {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = net->near.index, .attach_point = BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 1);
        EXPECT_NE(bpf_tc_query(&hook, &filter), 0);
    });
}

// An interface can have only one XDP program (InterfaceInUse). Several instances of xdpcount can count sent packets,
// and programs of others stay attached.
TEST_P(OutMethods, KeepsOtherPrograms)
{
    const bool is_filter = GetParam().hook == Hook::clsact;
    int others = -1;
    net->near.space.in([&] {
        // A program that passes nothing on to later programs.
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
    ToolRun one{"xdpcount", with_method(), there()};
    ToolRun two{"xdpcount", with_method({"--by", "proto"}), there()};
    Wire wire = out();

    wire.send(Mixed{true}.dns, 3);
    EXPECT_THAT(ended(two), ElementsAre(Pair("udp", 3)));
    wire.send(Mixed{true}.dns);
    EXPECT_THAT(ended(one), ElementsAre(Pair("udp/1000", 4)));
    EXPECT_EQ(attached_to(net->near), is_filter ? "clsact " : "tcx "); // the other's
}

TEST_F(Xdpcount, PrefersNative)
{
    ToolRun tool{"xdpcount", json(), there()};
    ended(tool);
    EXPECT_THAT(tool.err_lines()[0], "xdpcount: near0: received packets, XDP, native");
}

TEST_F(Xdpcount, PrefersTcx)
{
    SNOOP_NEEDS(clsact);
    ToolRun tool{"xdpcount", json({"--tc"}), there()};
    Wire wire = out();
    wire.send(Mixed{true}.dns, 2);
    EXPECT_THAT(ended(tool), ElementsAre(Pair("udp/1000", 2)));
    EXPECT_THAT(tool.err_lines()[0],
                lacks(Hook::tcx)
                    ? AllOf(StartsWith("xdpcount: near0: sent packets, tc, clsact; tcx mode failed: it came with "
                                       "6.6: "))
                    : AllOf(StartsWith("xdpcount: near0: sent packets, tc, tcx")));
}

TEST_F(Xdpcount, FallsBackToGeneric)
{
    const NetEnd lo{.name = "lo", .index = 1};
    lo.space.in([] { set_up("lo"); });
    const Start at_lo{.in_child = [&] { lo.enter(); }};
    ToolRun tool{"xdpcount", {"lo", "-o", "json", "-i", "1000"}, at_lo};
    Wire wire{lo, lo, mark};

    wire.send(Mixed{false}.dns, 3);
    wire.arrived();
    EXPECT_THAT(ended(tool), ElementsAre(Pair("udp/53", 3)));
    EXPECT_THAT(tool.err_lines()[0], AllOf(StartsWith("xdpcount: lo: received packets, XDP, generic; native mode "
                                                      "failed: "),
                                           HasSubstr("native mode (EOPNOTSUPP)")));
    EXPECT_EQ(tool.rows().at(0)["mode"], "generic");
    const Outcome forced = run_tool("xdpcount", {"lo", "--mode", "native"}, at_lo);
    EXPECT_EQ(forced.code, 3);
    EXPECT_THAT(forced.err, HasSubstr("xdpcount: lo: native mode failed: "));
}

TEST_F(Xdpcount, InterfaceInUse)
{
    ToolRun tool{"xdpcount", json(), there()};
    const Outcome second = run_tool("xdpcount", {"near0"}, there());

    EXPECT_EQ(second.code, 1);
    EXPECT_THAT(second.err_lines(), SizeIs(1));
    EXPECT_TRUE(has_match(second.err, R"(near0 has an XDP program already, \d+ \('xdpcount_in'\))")) << second.err;
    ended(tool);
}

TEST_F(Xdpcount, InterfaceRemoved)
{
    ToolRun tool{"xdpcount", {"near0", "-o", "json", "-i", "0.05"}, there()};
    Wire wire = in();
    wire.send(Mixed{false}.dns, 3);
    tool.row_where([](const Json &row) { return row["packets"] == 3; });

    net->near.space.in([] { delete_interface("near0"); });
    EXPECT_EQ(tool.wait(), 1);
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0 is gone\n"));
    expect_balance(tool.err());
}

} // namespace
} // namespace snoop::test
