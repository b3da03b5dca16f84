// SPDX-License-Identifier: BSD-2-Clause
// The functions of a Go program, from the table that Go's runtime prints its stacks with (.gopclntab). Stripped
// programs have it, too.
//     const GoFunctions go{elf};
//     if (const GoFunctions::Function *function = go.at(address)) …
#pragma once

#include "symbols/elf_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {

// True if a Go toolchain has built the file.
bool is_go_program(const ElfFile &elf);

class GoFunctions {
public:
    struct Function {
        std::uint64_t address, bytes; // padding behind it included
        std::string_view name;        // valid while the GoFunctions are; "main.Sum[...]" for generic functions
    };

    // Knows the table of Go 1.18 and later. None for a file without it.
    explicit GoFunctions(const ElfFile &elf);

    // Why the functions of a Go program are not known; empty if they are.
    [[nodiscard]] const std::string &doubt() const noexcept { return doubt_; }
    [[nodiscard]] const std::vector<Function> &all() const noexcept { return functions_; } // by address
    // The function that begins at an address; null if none does.
    [[nodiscard]] const Function *at(std::uint64_t address) const;

private:
    bool read_functions(const ElfFile &elf);

    std::vector<std::byte> table_;
    std::vector<Function> functions_;
    std::string doubt_;
};

} // namespace snoop::funclat
