// SPDX-License-Identifier: BSD-2-Clause
// Instructions of x86, 64 and 32 bits.
#include "funclat/disassembler.hpp"

#include <algorithm>
#include <iterator>

namespace snoop::funclat {
namespace {

constexpr std::uint64_t word_bytes(Machine machine) { return machine == Machine::x86_32 ? 4 : 8; }

// struct pt_regs of x86-64, which 32-bit programs have as well.
constexpr std::uint16_t flags_offset = 144;

std::optional<std::uint16_t> register_offset(x86_reg reg)
{
    struct Offset {
        x86_reg name, half;
        std::uint16_t at;
    };
    static constexpr Offset offsets[] = {
        {X86_REG_R15, X86_REG_R15D, 0},  {X86_REG_R14, X86_REG_R14D, 8},  {X86_REG_R13, X86_REG_R13D, 16},
        {X86_REG_R12, X86_REG_R12D, 24}, {X86_REG_RBP, X86_REG_EBP, 32},  {X86_REG_RBX, X86_REG_EBX, 40},
        {X86_REG_R11, X86_REG_R11D, 48}, {X86_REG_R10, X86_REG_R10D, 56}, {X86_REG_R9, X86_REG_R9D, 64},
        {X86_REG_R8, X86_REG_R8D, 72},   {X86_REG_RAX, X86_REG_EAX, 80},  {X86_REG_RCX, X86_REG_ECX, 88},
        {X86_REG_RDX, X86_REG_EDX, 96},  {X86_REG_RSI, X86_REG_ESI, 104}, {X86_REG_RDI, X86_REG_EDI, 112},
        {X86_REG_RIP, X86_REG_EIP, 128}, {X86_REG_RSP, X86_REG_ESP, 152}};

    if (reg == X86_REG_INVALID)
        return SNOOP_NO_REGISTER;
    for (const Offset &one : offsets)
        if (reg == one.name || reg == one.half)
            return one.at;
    return std::nullopt;
}

bool is_stack_pointer(unsigned reg) { return reg == X86_REG_RSP || reg == X86_REG_ESP || reg == X86_REG_SP; }

// uprobes refuse these prefixes (is_prefix_bad() of arch/x86/kernel/uprobes.c). A nop of five bytes is left
// alone: since 6.18 the kernel replaces it by a call, which writes below the stack pointer.
bool x86_takes_probe(const cs_insn &insn)
{
    constexpr std::uint8_t segments[] = {X86_PREFIX_CS, X86_PREFIX_SS, X86_PREFIX_DS, X86_PREFIX_ES};
    const std::uint8_t *prefix = insn.detail->x86.prefix;

    return prefix[0] != X86_PREFIX_LOCK && std::ranges::find(segments, prefix[1]) == std::end(segments) &&
           (insn.id != X86_INS_NOP || insn.size != 5);
}

// branch_setup_xol_ops() and push_setup_xol_ops() of arch/x86/kernel/uprobes.c say what is emulated.
Execution x86_execution(const cs_insn &insn, const cs_x86 &x86)
{
    const std::uint8_t opcode = x86.opcode[0];

    if (insn.id == X86_INS_NOP && opcode == 0x90)
        return Execution::nop;
    if (insn.id == X86_INS_PUSH && opcode >= 0x50 && opcode <= 0x57 &&
        (insn.size == 1 || (insn.size == 2 && insn.bytes[0] == 0x41)))
        return Execution::push;
    if ((opcode & 0xf0) == 0x70 || (opcode == 0x0f && (x86.opcode[1] & 0xf0) == 0x80))
        return Execution::jump_if;
    if (opcode == 0xe8)
        return Execution::call;
    return opcode == 0xe9 || opcode == 0xeb ? Execution::jump : Execution::stepped;
}

// How many bytes an instruction pushes.
std::optional<std::uint64_t> x86_pushes(csh handle, const cs_insn &insn, Machine machine)
{
    const cs_x86 &x86 = insn.detail->x86;
    if (insn.id == X86_INS_PUSH && x86.prefix[2] != X86_PREFIX_OPSIZE)
        return word_bytes(machine);
    if (insn.id == X86_INS_SUB && x86.operands[0].type == X86_OP_REG && is_stack_pointer(x86.operands[0].reg) &&
        x86.operands[1].type == X86_OP_IMM)
        return static_cast<std::uint64_t>(x86.operands[1].imm);
    cs_regs read{}, written{};
    std::uint8_t n_read = 0, n_written = 0;
    if (cs_regs_access(handle, &insn, read, &n_read, written, &n_written) != CS_ERR_OK)
        return std::nullopt;
    for (std::uint8_t i = 0; i < n_written; i++)
        if (is_stack_pointer(written[i]))
            return std::nullopt;
    return 0;
}

void set_x86_indirect(Instruction &out, const cs_insn &insn, Machine machine)
{
    const cs_x86 &x86 = insn.detail->x86;
    const cs_x86_op &operand = x86.operands[0];

    out.flow = Flow::jump_indirect;
    // notrack: a jump table. Compilers use it for nothing else, and uprobes refuse the prefix.
    if (x86.prefix[1] == X86_PREFIX_DS) {
        out.flow = Flow::stop;
        return;
    }
    out.exit = exit_of(FUNCLAT_EXIT_IF_OUTSIDE);
    const auto base = register_offset(operand.type == X86_OP_REG ? operand.reg : operand.mem.base);
    out.exit.base = base.value_or(SNOOP_NO_REGISTER);
    out.is_evaluable = base.has_value();
    if (operand.type == X86_OP_REG)
        return;
    const auto index = register_offset(operand.mem.index);
    const bool is_relative = operand.mem.base == X86_REG_RIP;
    out.exit.index = index.value_or(SNOOP_NO_REGISTER);
    out.exit.scale = static_cast<std::uint8_t>(operand.mem.scale);
    out.exit.displacement = operand.mem.disp + (is_relative ? insn.size : 0);
    out.exit.pointer_bytes = static_cast<std::uint8_t>(word_bytes(machine));
    out.is_evaluable = out.is_evaluable && index && operand.mem.segment == X86_REG_INVALID;
}

#if CS_API_MAJOR < 5
constexpr unsigned ud1 = X86_INS_UD2B;
#else
constexpr unsigned ud1 = X86_INS_UD1;
#endif

bool in_group(csh handle, const cs_insn &insn, unsigned group) { return cs_insn_group(handle, &insn, group); }

void set_x86_flow(csh handle, Instruction &out, const cs_insn &insn, Machine machine)
{
    const cs_x86 &x86 = insn.detail->x86;
    const bool is_direct = x86.op_count == 1 && x86.operands[0].type == X86_OP_IMM;

    switch (insn.id) {
    case X86_INS_RET:
        out.flow = Flow::ret;
        out.exit = exit_of(FUNCLAT_EXIT);
        return;
    case X86_INS_UD2:
    case X86_INS_UD0:
    case ud1:
    case X86_INS_HLT:
    case X86_INS_INT3: out.flow = Flow::stop; return;
    case X86_INS_CALL: out.flow = Flow::call; return;
    case X86_INS_JMP:
        if (!is_direct) {
            set_x86_indirect(out, insn, machine);
            return;
        }
        out.flow = Flow::jump;
        out.target = x86.operands[0].imm;
        out.exit = exit_of(FUNCLAT_EXIT);
        return;
    case X86_INS_LJMP:
    case X86_INS_LCALL:
    case X86_INS_RETF:
    case X86_INS_RETFQ:
    case X86_INS_IRET:
    case X86_INS_IRETD:
    case X86_INS_IRETQ:
    case X86_INS_SYSRET:
    case X86_INS_SYSEXIT:
    case X86_INS_XABORT: out.flow = Flow::unknown; return;
    default: break;
    }
    if (!in_group(handle, insn, X86_GRP_JUMP) && !in_group(handle, insn, X86_GRP_BRANCH_RELATIVE))
        return;
    out.flow = is_direct ? Flow::jump_if : Flow::unknown;
    if (is_direct)
        out.target = x86.operands[0].imm;
    const std::uint8_t last = x86.opcode[0] == 0x0f ? x86.opcode[1] : x86.opcode[0];
    // LOOP and JRCXZ (e0 to e3) depend on a counter, and XBEGIN (c7) on much.
    out.is_evaluable = (x86.opcode[0] & 0xf0) == 0x70 || (x86.opcode[0] == 0x0f && (last & 0xf0) == 0x80);
    out.exit = exit_of(FUNCLAT_EXIT_IF);
    out.exit.base = flags_offset;
    out.exit.condition = last & 0x0f;
}

} // namespace

void set_x86_instruction(csh handle, Instruction &out, const cs_insn &insn, Machine machine)
{
    set_x86_flow(handle, out, insn, machine);
    out.takes_probe = x86_takes_probe(insn);
    out.execution = x86_execution(insn, insn.detail->x86);
    out.is_padding = insn.id == X86_INS_NOP;
    out.pushes = x86_pushes(handle, insn, machine);
}

} // namespace snoop::funclat
