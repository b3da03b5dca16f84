// SPDX-License-Identifier: BSD-2-Clause
// The functions of a program or library, with the file offsets where they begin. uprobes are
// attached to these offsets.
//     ElfFunctions functions{"/usr/bin/bash"};
//     functions.find("readline").offsets;
#pragma once

#include "symbols/elf_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace snoop::funclat {

struct ElfFunction {
    std::string name;
    std::vector<std::uint64_t> offsets; // several, if local functions have the same name
};

class ElfFunctions {
public:
    // Reads .symtab and .dynsym. Throws Error (exit 2) if the file cannot be read or is not an
    // ELF executable or library.
    explicit ElfFunctions(const std::string &file);

    // Throws Error: exit 2, with similar names, if there is no such function; exit 3 if the
    // function is chosen when a program starts (IFUNC).
    [[nodiscard]] ElfFunction find(const std::string &name) const;

    // The functions that match, sorted, one for each offset. Throws Error (exit 2) if none does.
    [[nodiscard]] std::vector<ElfFunction> match(const std::string &pattern) const;

    // True if an instruction can begin at this offset in the file.
    [[nodiscard]] bool is_code(std::uint64_t offset) const;

private:
    struct Symbol {
        std::string name;
        std::uint64_t offset;
        bool is_old_version;
    };
    void add(const ElfSymbol &symbol);

    std::string file_;
    std::vector<ElfSegment> code_;
    std::uint64_t code_alignment_ = 1;
    std::vector<Symbol> symbols_;
    std::vector<std::string> indirect_, imported_;
};

} // namespace snoop::funclat
