// SPDX-License-Identifier: BSD-2-Clause
// Instructions of arm64. Branches are told apart by their encoding: Arm Architecture Reference Manual,
// C4.1.66, "Branches, Exception Generating and System instructions". arm_probe_decode_insn() of
// arch/arm64/kernel/probes/decode-insn.c says which the kernel emulates.
#include "funclat/disassembler.hpp"

namespace snoop::funclat {
namespace {

std::uint32_t arm64_word(const std::uint8_t *bytes)
{
    return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
}

// Nothing if the instruction changes the stack pointer. (Of those that only read it, this does not matter.)
std::optional<std::uint64_t> arm64_pushes(const cs_arm64 &arm)
{
    for (std::uint8_t i = 0; i < arm.op_count; i++) {
        const cs_arm64_op &operand = arm.operands[i];
        if ((i == 0 && operand.type == ARM64_OP_REG && operand.reg == ARM64_REG_SP) ||
            (arm.writeback && operand.type == ARM64_OP_MEM && operand.mem.base == ARM64_REG_SP))
            return std::nullopt;
    }
    return 0;
}

constexpr bool is_authenticated_return(std::uint32_t word) { return word == 0xd65f0bff || word == 0xd65f0fff; }

} // namespace

std::optional<Instruction> arm64_authenticated_return(const std::uint8_t *code, std::uint64_t address)
{
    if (!is_authenticated_return(arm64_word(code)))
        return std::nullopt;
    Instruction out;
    out.address = address;
    out.size = 4;
    out.flow = Flow::ret;
    out.exit = exit_of(FUNCLAT_EXIT);
    return out;
}

void set_arm64_instruction(Instruction &out, const cs_insn &insn)
{
    const cs_arm64 &arm = insn.detail->arm64;
    const auto immediate = [&]() -> std::optional<std::uint64_t> {
        for (std::uint8_t i = 0; i < arm.op_count; i++)
            if (i + 1 == arm.op_count && arm.operands[i].type == ARM64_OP_IMM)
                return arm.operands[i].imm;
        return std::nullopt;
    };
    const std::uint32_t word = arm64_word(insn.bytes);

    out.pushes = arm64_pushes(arm);
    if ((word & 0xfffffc1f) == 0xd65f0000 || is_authenticated_return(word)) { // ret, retaa, retab
        out.flow = Flow::ret;
        out.exit = exit_of(FUNCLAT_EXIT);
    } else if ((word & 0xfffffc1f) == 0xd61f0000) { // br
        out.flow = Flow::jump_indirect;
        out.exit = exit_of(FUNCLAT_EXIT_IF_OUTSIDE);
        out.exit.base = static_cast<std::uint16_t>((word >> 5 & 31) * 8);
    } else if ((word & 0xfe000000) == 0xd6000000) { // blr, braa and others
        out.flow = (word & 0xfffffc1f) == 0xd63f0000 || (word & 0xfefff800) == 0xd63f0800 ? Flow::call : Flow::unknown;
    } else if ((word & 0xfc000000) == 0x14000000) { // b
        out.flow = Flow::jump;
        out.target = immediate();
        out.exit = exit_of(FUNCLAT_EXIT);
        out.execution = Execution::jump;
    } else if ((word & 0xfc000000) == 0x94000000) { // bl
        out.flow = Flow::call;
        out.execution = Execution::call;
    } else if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000 ||
               (word & 0x7e000000) == 0x36000000) { // b.cond, cbz, cbnz, tbz, tbnz
        out.flow = Flow::jump_if;
        out.execution = Execution::jump_if;
        out.is_evaluable = false;
        out.target = immediate();
    } else if (word == 0xd503201f) { // nop
        out.is_padding = true;
        out.execution = Execution::nop; // since 6.13, commit ac4ad5c09b34; stepped before
    } else if ((word & 0xffe0001f) == 0xd4200000 || (word & 0xffff0000) == 0) { // brk, udf
        out.flow = Flow::stop;
    }
}

} // namespace snoop::funclat
