// SPDX-License-Identifier: BSD-2-Clause
// Which pieces of code are functions for certain: those that an instruction of the same file calls.
//     const DirectCalls calls{elf, frames, machine};
//     if (calls.lead_to(address)) …
#pragma once

#include "funclat/code_frames.hpp"
#include "funclat/function_body.hpp"

#include <cstdint>
#include <vector>

namespace snoop::funclat {

class DirectCalls {
public:
    // Looks through the code of the file once, up to 256 MiB of it. Refers to elf and frames.
    DirectCalls(const ElfFile &elf, const CodeFrames &frames, Machine machine);

    // True if a piece begins at an address and a call leads there. Throws Error (exit 1) if the disassembler fails.
    [[nodiscard]] bool lead_to(std::uint64_t address) const;

private:
    struct Call {
        std::uint64_t to, from;
    };

    void find(std::uint64_t address, const std::vector<std::byte> &code);
    void add(std::uint64_t from, std::uint64_t to);
    [[nodiscard]] bool is_call(std::uint64_t address) const;

    const ElfFile &elf_;
    const CodeFrames &frames_;
    Machine machine_;
    std::vector<Call> calls_; // by `to`; some only look like calls
};

} // namespace snoop::funclat
