// SPDX-License-Identifier: BSD-2-Clause
// The lines of the verifier's log that say why it refused a program.
#include "libbpf/verifier_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string message(const std::string &log)
{
    return "libbpf: prog 'on_exec': -- BEGIN PROG LOAD LOG --\n" + log + "-- END PROG LOAD LOG --\n";
}

// As Linux 5.10 to 6.18 write it.
TEST(VerifierLog, EndsWithInstructionAndReason)
{
    EXPECT_THAT(verifier_last_lines(message("func#0 @0\n"
                                            "reg type unsupported for arg#0 function on_exec#20\n"
                                            "0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n"
                                            "; int on_exec(void *ctx)\n"
                                            "0: (bf) r6 = r1\n"
                                            "; e->path[0] = *(char *)ctx->args[1];\n"
                                            "16: (79) r1 = *(u64 *)(r6 +24)\n"
                                            "17: (71) r1 = *(u8 *)(r1 +0)\n"
                                            "R1 invalid mem access 'scalar'\n"
                                            "processed 17 insns (limit 1000000) max_states_per_insn 0 total_states 1 "
                                            "peak_states 1 mark_read 1\n"
                                            "verification time 146 usec\n"
                                            "stack depth 0\n\n")),
                ElementsAre("0: (bf) r6 = r1", "; e->path[0] = *(char *)ctx->args[1];",
                            "16: (79) r1 = *(u64 *)(r6 +24)", "17: (71) r1 = *(u8 *)(r1 +0)",
                            "R1 invalid mem access 'scalar'"));
}

TEST(VerifierLog, MayBeShort)
{
    EXPECT_THAT(verifier_last_lines(message("cannot call GPL-restricted function from non-GPL compatible program\n"
                                            "processed 3 insns (limit 1000000)\n")),
                ElementsAre("cannot call GPL-restricted function from non-GPL compatible program"));
}

// As Linux 7.3 writes it.
TEST(VerifierLog, EndsWithReport)
{
    EXPECT_THAT(
        verifier_last_lines(message("14: (b7) r0 = 2                       ; R0=2\n"
                                    ";  @ xdpcount.bpf.c:87\n"
                                    "15: (61) r1 = *(u32 *)(r7 +0)         ; R1=pkt(r=0) R7=ctx()\n"
                                    "16: (71) r2 = *(u8 *)(r1 +0)\n"
                                    "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)\n"
                                    "R1 min value is outside of the allowed memory range\n"
                                    "\n"
                                    "Verification failed: Memory Safety: Access outside bounds\n"
                                    "\n"
                                    "Reason:\n"
                                    "  The verifier cannot prove offset + access_size <= object_size.\n"
                                    "\n"
                                    "At:\n"
                                    "  xdpcount_in @ xdpcount.bpf.c:87:6\n"
                                    "  >>>   16 | (71) r2 = *(u8 *)(r1 +0)\n"
                                    "\n"
                                    "Causal path:\n"
                                    "  xdpcount_in @ xdpcount.bpf.c:87:26\n"
                                    "  >>>   15 | (61) r1 = *(u32 *)(r7 +0)\n"
                                    "\n"
                                    "Suggestion:\n"
                                    "  Add or adjust a bounds check that proves offset + access_size stays within the "
                                    "object.\n"
                                    "\n"
                                    "processed 17 insns (limit 1000000) max_states_per_insn 0 total_states 0 "
                                    "peak_states 0 mark_read 0\n")),
        ElementsAre(
            "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)",
            "R1 min value is outside of the allowed memory range",
            "Verification failed: Memory Safety: Access outside bounds",
            "Reason:", "  The verifier cannot prove offset + access_size <= object_size.",
            "At:", "  xdpcount_in @ xdpcount.bpf.c:87:6", "  >>>   16 | (71) r2 = *(u8 *)(r1 +0)",
            "Suggestion:", "  Add or adjust a bounds check that proves offset + access_size stays within the object."));
}

TEST(VerifierLog, HasNoEndlessReport)
{
    std::string endless = "Reason:\n  It is too complex.\n";
    for (int i = 0; i < 1000; i++)
        endless += "  1: (bf) r6 = r1\n";
    EXPECT_THAT(verifier_last_lines(message(endless)), SizeIs(25));
}

TEST(VerifierLog, IsNotInOtherMessages)
{
    EXPECT_THAT(verifier_last_lines("libbpf: prog 'on_exec': BPF program load failed: Permission denied\n"), IsEmpty());
    EXPECT_THAT(verifier_last_lines(""), IsEmpty());
    EXPECT_THAT(verifier_last_lines(message("")), IsEmpty());
}

} // namespace
} // namespace snoop
