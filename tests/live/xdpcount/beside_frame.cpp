// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/beside_frame.hpp"

#include <gtest/gtest.h>

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include <array>
#include <cstdint>

namespace snoop::test {

void push_tags(const NetEnd &end, bpf_tc_attach_point where, int out_at)
{
    const std::uint8_t load = BPF_ALU64 | BPF_MOV | BPF_K, call = BPF_JMP | BPF_CALL;
    const bpf_insn give_back =
        out_at ? bpf_insn{call, 0, 0, 0, BPF_FUNC_redirect} : bpf_insn{load, BPF_REG_0, 0, 0, TC_ACT_OK};
    const std::array<bpf_insn, 7> code{{{load, BPF_REG_2, 0, 0, 0x0081}, // 0x8100 in network order
                                        {load, BPF_REG_3, 0, 0, 7},
                                        {call, 0, 0, 0, BPF_FUNC_skb_vlan_push},
                                        {load, BPF_REG_1, 0, 0, out_at},
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

} // namespace snoop::test
