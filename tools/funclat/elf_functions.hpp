// SPDX-License-Identifier: BSD-2-Clause
// The functions of a program or library, and where in its file they begin: that is where a
// uprobe goes.
//     ElfFunctions functions{"/usr/bin/bash"};
//     functions.find("readline").offsets;
#pragma once

#include <cstddef>
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
    // Reads the tables .symtab and .dynsym. Throws Error (exit 2) if the file can't be read or is
    // none of ELF.
    explicit ElfFunctions(const std::string &file);

    // Throws Error: exit 2, with names that look like it, if there is none; exit 3 if which
    // function it is gets chosen when a program starts (IFUNC).
    [[nodiscard]] ElfFunction find(const std::string &name) const;

    // Those that match, sorted; of several at one place one. Throws Error (exit 2) if there is none.
    [[nodiscard]] std::vector<ElfFunction> match(const std::string &pattern) const;

    // Can an instruction be at this place in the file?
    [[nodiscard]] bool is_code(std::uint64_t offset) const;

private:
    struct Segment {
        std::uint64_t address, offset, bytes;
    };
    struct Symbol {
        std::string name;
        std::uint64_t offset;
        bool is_hidden; // an old version of it
    };
    void read(const char *path);
    void add(const char *name, std::uint64_t address, bool is_hidden);

    std::string file_;
    std::vector<Segment> code_;
    std::uint64_t alignment_ = 1; // of instructions, bytes
    std::vector<Symbol> symbols_;
    std::vector<std::string> late_, imported_;
};

} // namespace snoop::funclat
