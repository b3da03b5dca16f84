// SPDX-License-Identifier: BSD-2-Clause
// The functions of a program or library, with the file offsets where they begin. uprobes are
// attached to these offsets.
//     ElfFunctions functions{"/usr/bin/bash"};
//     functions.find("readline").offsets;
//     functions.select("app::S::run");       // all functions with this name
#pragma once

#include "funclat/go_functions.hpp"
#include "symbols/elf_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {

struct ElfFunction {
    std::string name;                     // demangled, unless the symbol itself was asked for
    std::vector<std::uint64_t> offsets{}; // several, if local functions have the same name
    std::vector<std::string> aliases{};   // other names of this code, sorted, at most 16
};

struct ElfSelection {
    bool is_pattern; // false for a name, although it may be that of several functions
    std::vector<ElfFunction> functions;
};

class ElfFunctions {
public:
    // Reads .symtab, .dynsym and, if the file is stripped, that of its debug file, or Go's table. Messages call the
    // file `shown`. Throws Error (exit 2) if the file cannot be read or is not an ELF executable or library.
    explicit ElfFunctions(const std::string &file) : ElfFunctions(file, file) {}
    ElfFunctions(const std::string &file, const std::string &shown);

    // The functions that a text names: the symbol of exactly this name, which may end with a
    // version ("memcpy@GLIBC_2.2.5"); else those whose name in C++, Rust or Go this is; else those that
    // match it as a pattern. Throws Error: exit 2, with similar names, if there is none; exit 3 if
    // the function is chosen when a program starts (IFUNC).
    [[nodiscard]] ElfSelection select(const std::string &text) const;

    // The first of them.
    [[nodiscard]] ElfFunction find(const std::string &name) const { return select(name).functions.front(); }

    // The functions that match, by their symbols or their names in C++ and Rust, sorted, one for each
    // offset. Throws Error (exit 2) if none does.
    [[nodiscard]] std::vector<ElfFunction> match(const std::string &pattern) const;

    // True if an instruction can begin at this offset in the file.
    [[nodiscard]] bool is_code(std::uint64_t offset) const;

private:
    struct Symbol {
        std::string_view name, version; // of elf_
        std::uint64_t offset;
        bool is_old_version;
    };
    using Names = std::map<std::uint64_t, std::string>; // by offset

    void add_symbols(const ElfFile &file);
    void add(const ElfSymbol &symbol);
    void add_functions_of_go();
    [[nodiscard]] std::vector<ElfFunction> exact(std::string_view text) const;
    [[nodiscard]] std::vector<ElfFunction> written(const std::string &text) const;
    void add_aliases(std::vector<ElfFunction> &functions) const;
    [[noreturn]] void throw_indirect(const Symbol &symbol) const;
    [[noreturn]] void throw_unknown(const std::string &name) const;

    ElfFile elf_;
    std::unique_ptr<ElfFile> debug_; // its symbols, if it is stripped
    std::optional<GoFunctions> go_;  // if the file has no symbols of them
    std::vector<Symbol> symbols_, indirect_, imported_;
};

} // namespace snoop::funclat
