// SPDX-License-Identifier: BSD-2-Clause
// The instructions of a function, as far as calls and returns need them; decoded by Capstone.
//     const Disassembler disassembler{Machine::x86_64};
//     std::vector<Instruction> all;
//     if (!disassembler.read(range, all)) …
#pragma once

#include "funclat/function_body.hpp"
#include <snoop/funclat.h>

#include <capstone/capstone.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace snoop::funclat {

// How the program goes on after an instruction.
enum class Flow { on, jump, jump_if, jump_indirect, call, ret, stop, unknown };

struct Instruction {
    std::uint64_t address = 0;
    std::uint16_t size = 0;
    Flow flow = Flow::on;
    std::optional<std::uint64_t> target; // of a direct jump
    bool takes_probe = true;
    Execution execution = Execution::stepped;
    bool is_padding = false;
    std::optional<std::uint64_t> pushes = 0; // nothing: it changes the stack pointer in another way
    bool is_evaluable = true;                // `exit` says when it ends a call
    funclat_site exit{};

    [[nodiscard]] std::uint64_t next() const { return address + size; }
};

inline funclat_site exit_of(funclat_site_kind kind)
{
    funclat_site exit{};
    exit.kind = static_cast<std::uint8_t>(kind);
    exit.base = exit.index = SNOOP_NO_REGISTER;
    return exit;
}

// Fill in an instruction that Capstone has decoded.
void set_x86_instruction(csh handle, Instruction &out, const cs_insn &insn, Machine machine);
void set_arm64_instruction(Instruction &out, const cs_insn &insn);

// Decodes RETAA and RETAB, which Capstone 4 does not know. Nothing if the word is another instruction.
std::optional<Instruction> arm64_authenticated_return(const std::uint8_t *code, std::uint64_t address);

class Disassembler {
public:
    // Throws Error (exit 1) if Capstone does not know the machine.
    explicit Disassembler(Machine machine);
    ~Disassembler();
    Disassembler(const Disassembler &) = delete;
    Disassembler &operator=(const Disassembler &) = delete;

    // Appends the instructions of a range. False if one is unknown or incomplete.
    bool read(const CodeRange &range, std::vector<Instruction> &all) const;

private:
    [[nodiscard]] Instruction instruction() const;

    struct Free {
        void operator()(cs_insn *insn) const { cs_free(insn, 1); }
    };

    Machine machine_;
    csh handle_ = 0;
    std::unique_ptr<cs_insn, Free> insn_;
};

} // namespace snoop::funclat
