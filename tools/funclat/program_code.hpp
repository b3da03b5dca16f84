// SPDX-License-Identifier: BSD-2-Clause
// The code of a program or library: where its functions begin and end their calls.
//     const ProgramCode code{"/usr/bin/bash"};
//     const FunctionBody body = code.body_at(offset);
#pragma once

#include "funclat/code_frames.hpp"
#include "funclat/direct_calls.hpp"
#include "funclat/function_body.hpp"
#include "funclat/go_functions.hpp"
#include "symbols/elf_file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {

// True for "f.cold" and "f.cold.3", parts of f.
bool is_cold_part(std::string_view name);

class ProgramCode {
public:
    // Throws Error (exit 2) if the file cannot be read or is not an ELF executable or library.
    explicit ProgramCode(const std::string &file);
    ProgramCode(const ProgramCode &) = delete;
    ProgramCode &operator=(const ProgramCode &) = delete;

    // The body of the function that begins at an offset in the file. Its addresses are offsets, too.
    // Throws Error (exit 1) if the disassembler fails.
    [[nodiscard]] FunctionBody body_at(std::uint64_t offset) const;

private:
    struct Symbol {
        std::uint64_t address, bytes;
        std::string_view name; // of elf_; empty if it may be no function
    };
    using Symbols = std::span<const Symbol>;

    void add(const ElfSymbol &symbol);
    [[nodiscard]] Symbols symbols_at(std::uint64_t address) const;
    [[nodiscard]] std::uint64_t bytes_at(std::uint64_t address) const;
    [[nodiscard]] bool is_go(std::uint64_t address) const;
    [[nodiscard]] std::vector<ElfRange> cold_parts_of(Symbols function) const;
    [[nodiscard]] std::vector<ElfRange> unnamed_parts_of(CodeRange function) const;
    [[nodiscard]] bool begins_function(std::uint64_t address) const;
    [[nodiscard]] bool is_stub(std::uint64_t address) const;
    [[nodiscard]] const ElfRange *unnamed_piece_at(std::uint64_t address) const;
    [[nodiscard]] bool begins_unnamed_function(std::uint64_t address) const;
    [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const;

    ElfFile elf_;
    std::unique_ptr<ElfFile> debug_; // its symbols, if it is stripped
    CodeFrames frames_;
    mutable std::optional<DirectCalls> calls_; // that tell which pieces are functions, once that is asked
    GoFunctions go_;
    bool is_go_program_ = false, has_known_go_ = false;
    std::vector<Symbol> symbols_; // by address
    std::vector<Symbol> cold_;    // by the name of the function that they are part of
    std::vector<ElfRange> stubs_; // that jump to functions of libraries
};

} // namespace snoop::funclat
