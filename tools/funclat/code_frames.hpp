// SPDX-License-Identifier: BSD-2-Clause
// The pieces of code that a file's table for unwinding (.eh_frame) has. Stripped files have it, too.
//     const CodeFrames frames{elf};
//     if (const ElfRange *piece = frames.piece_of(address)) …
#pragma once

#include "symbols/elf_file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

struct Dwarf_CFI_s;

namespace snoop::funclat {

class CodeFrames {
public:
    // None for a file without the table. Refers to elf.
    explicit CodeFrames(const ElfFile &elf);

    // The functions, and the parts that compilers have split off them, by address.
    [[nodiscard]] const std::vector<ElfRange> &pieces() const noexcept { return pieces_; }
    // The piece that contains an address; null if none does.
    [[nodiscard]] const ElfRange *piece_of(std::uint64_t address) const;

    // True if the stack is at an address as a call leaves it: there is the return address alone. Nothing if
    // the table does not say.
    [[nodiscard]] std::optional<bool> is_as_called(std::uint64_t address) const;

private:
    struct End {
        void operator()(Dwarf_CFI_s *table) const noexcept;
    };

    const ElfFile &elf_;
    std::vector<ElfRange> pieces_;
    mutable std::unique_ptr<Dwarf_CFI_s, End> table_;
};

} // namespace snoop::funclat
