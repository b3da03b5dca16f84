// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/disassembler.hpp"
#include "base/error.hpp"

namespace snoop::funclat {

Disassembler::Disassembler(Machine machine) : machine_(machine)
{
    const bool is_arm = machine == Machine::arm64;
    const cs_mode mode = is_arm ? CS_MODE_LITTLE_ENDIAN : machine == Machine::x86_64 ? CS_MODE_64 : CS_MODE_32;

    if (const cs_err err = cs_open(is_arm ? CS_ARCH_ARM64 : CS_ARCH_X86, mode, &handle_); err != CS_ERR_OK)
        throw Error{exit_runtime, "cannot start the disassembler: {}", cs_strerror(err)};
    cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
    insn_.reset(cs_malloc(handle_));
}

Disassembler::~Disassembler()
{
    insn_.reset();
    cs_close(&handle_);
}

bool Disassembler::read(const CodeRange &range, std::vector<Instruction> &all) const
{
    const auto *code = reinterpret_cast<const std::uint8_t *>(range.bytes.data());
    std::size_t left = range.bytes.size();
    std::uint64_t address = range.address;

    while (left > 0) {
        if (cs_disasm_iter(handle_, &code, &left, &address, insn_.get())) {
            all.push_back(instruction());
            continue;
        }
        const auto ret =
            machine_ == Machine::arm64 && left >= 4 ? arm64_authenticated_return(code, address) : std::nullopt;
        if (!ret)
            return false;
        all.push_back(*ret);
        code += ret->size;
        left -= ret->size;
        address += ret->size;
    }
    return true;
}

Instruction Disassembler::instruction() const
{
    Instruction out;

    out.address = insn_->address;
    out.size = insn_->size;
    if (machine_ == Machine::arm64)
        set_arm64_instruction(out, *insn_);
    else
        set_x86_instruction(handle_, out, *insn_, machine_);
    return out;
}

} // namespace snoop::funclat
