// SPDX-License-Identifier: BSD-2-Clause
// xdpcount --by vlan: tags in the frame, and tags that the card has taken out or is to put in.
#include "xdpcount/xdpcount.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <linux/pkt_cls.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

// A tc program that gives each frame a tag with id 7, beside the frame as a card's driver does, and sends it
// out at `interface` unless that is 0.
void push_tags(const NetEnd &end, bpf_tc_attach_point where, int interface)
{
    const std::uint8_t load = BPF_ALU64 | BPF_MOV | BPF_K, call = BPF_JMP | BPF_CALL;
    const bpf_insn give_back =
        interface ? bpf_insn{call, 0, 0, 0, BPF_FUNC_redirect} : bpf_insn{load, BPF_REG_0, 0, 0, TC_ACT_OK};
    const std::array<bpf_insn, 7> code{{{load, BPF_REG_2, 0, 0, 0x0081}, // 0x8100 in network order
                                        {load, BPF_REG_3, 0, 0, 7},
                                        {call, 0, 0, 0, BPF_FUNC_skb_vlan_push},
                                        {load, BPF_REG_1, 0, 0, interface},
                                        {load, BPF_REG_2, 0, 0, 0},
                                        give_back,
                                        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};

    end.space.in([&] {
        const Fd program{bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "tags", "GPL", code.data(), code.size(), nullptr)};
        ASSERT_TRUE(program);
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = end.index, .attach_point = where);
        LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = program.get());
        ASSERT_EQ(bpf_tc_hook_create(&hook), 0);
        ASSERT_EQ(bpf_tc_attach(&hook, &filter), 0);
    });
}

TEST_P(InAndOut, ByVlan)
{
    const std::string packet = ipv4({.protocol = 17}, udp(1000, 53));
    ToolRun tool{"xdpcount", with_method({"--by", "vlan"}), there()};
    Wire wire = this->wire();

    wire.send(ethernet(0x8100, tag(0x6007, 0x0800, packet)), 2);            // with priority 3
    wire.send(ethernet(0x88a8, tag(5, 0x8100, tag(8, 0x0800, packet))), 3); // the outermost one counts
    wire.send(ethernet(0x8100, tag(0xe000, 0x0800, packet)), 4);            // a priority only
    wire.send(ethernet(0x8100, tag(4094, 0x0800, "E")), 5);                 // cut behind the tag
    wire.send(ethernet(0x0800, packet), 6);
    wire.send(ethernet(0x0800, "E"), 1);
    wire.send(ethernet(0x8100, "x"), 7); // cut within the tag
    wire.arrived();
    EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("7", 2), Pair("5", 3), Pair("0", 4), Pair("4094", 5),
                                                  Pair("untagged", 8), Pair("truncated", 7))); // with the mark
    for (const Json &row : tool.rows()) {
        EXPECT_EQ(row["by"], "vlan");
        const bool has_id = row["key"] != "untagged" && row["key"] != "truncated";
        EXPECT_EQ(row["vlan"], has_id ? Json(std::stoi(row["key"].get<std::string>())) : Json(nullptr));
    }
}

// XDP does not see a tag that is not in the frame, neither in the driver nor behind it; tc does.
TEST_P(Methods, TagBesideFrame)
{
    SNOOP_NEEDS(clsact);
    push_tags(is_out() ? net->near : net->far, is_out() ? BPF_TC_INGRESS : BPF_TC_EGRESS,
              is_out() ? net->near.index : 0);
    ToolRun tool{"xdpcount", with_method({"--by", "vlan"}), there()};
    Wire wire = in();

    wire.send(Mixed{false}.dns, 3);
    if (is_out()) { // near0 sends back what arrives
        wire.arrived();
        out().arrived();
        EXPECT_THAT(ended(tool), UnorderedElementsAre(Pair("7", 4), Pair("untagged", 1))); // with the marks
        EXPECT_THAT(tool.err(), Not(HasSubstr("rxvlan")));
        return;
    }
    wire.arrived();
    EXPECT_THAT(ended(tool), ElementsAre(Pair("untagged", 4)));
    EXPECT_THAT(tool.err(), HasSubstr("xdpcount: near0: packets whose VLAN tag the card has removed count as "
                                      "untagged: `ethtool -K near0 rxvlan off` keeps the tags\n"));
}

} // namespace
} // namespace snoop::test
