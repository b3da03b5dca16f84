// SPDX-License-Identifier: BSD-2-Clause
// An ELF executable or library: its loaded segments, symbols and notes.
//     const ElfFile elf{"/usr/bin/bash"};
//     elf.offset_of(address);
//     elf.for_each_symbol([](const ElfSymbol &symbol) { … return true; });
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct Elf;
struct Elf_Scn;

namespace snoop {

// A part of the file that is mapped (PT_LOAD).
struct ElfSegment {
    std::uint64_t address, offset, bytes;
    bool is_code;
};

struct ElfRange {
    std::uint64_t address, bytes;
};

struct ElfSymbol {
    std::string_view name; // without its version; valid while the ElfFile is
    std::uint64_t address, bytes;
    unsigned char type;       // STT_*
    bool is_imported;         // undefined in this file
    bool is_old_version;      // a library has it only for programs linked earlier
    std::string_view version; // "GLIBC_2.14"; empty if it has none
};

struct ElfNote {
    std::string_view owner; // with its NUL
    std::uint32_t type;
    std::string_view description;
};

class ElfFile {
public:
    // Opens nothing but a regular file, and reads it, so that a file that shrinks meanwhile is an error.
    // Messages call it `shown`. Throws Error (exit 2) if it cannot be read, is not an ELF executable or
    // library, or has tables that no linker makes.
    explicit ElfFile(const std::string &path) : ElfFile(path, path) {}
    ElfFile(const std::string &path, const std::string &shown);

    [[nodiscard]] const std::string &path() const noexcept { return path_; } // as shown
    [[nodiscard]] bool is_32bit() const noexcept { return is_32bit_; }
    // True for programs that this machine can run: its own and, on x86-64, those of 32 bits.
    [[nodiscard]] bool is_native() const noexcept { return is_native_; }
    // The alignment of instructions, in bytes.
    [[nodiscard]] std::uint64_t code_alignment() const noexcept { return code_alignment_; }

    [[nodiscard]] const std::vector<ElfSegment> &segments() const noexcept { return segments_; }
    // The offset in the file of an address; nothing if no segment contains it.
    [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;

    // Calls visit for each symbol of .symtab and .dynsym, until it returns false.
    void for_each_symbol(const std::function<bool(const ElfSymbol &)> &visit) const;

    // Calls visit for each note in a section, none if the file lacks that section. False if
    // a note exceeds its section.
    [[nodiscard]] bool for_each_note(std::string_view section, const std::function<void(const ElfNote &)> &visit) const;

    // A section's addresses; nothing if there is none with this name.
    [[nodiscard]] std::optional<ElfRange> section_range(std::string_view name) const;

    // A section's bytes; none if the file lacks it.
    [[nodiscard]] std::string_view section_bytes(std::string_view name) const;

    // For libraries that take libelf's handle; valid while the ElfFile is.
    [[nodiscard]] Elf *handle() const noexcept { return elf_.get(); }

    // The bytes at an address; fewer than asked for where the file or the segment ends.
    [[nodiscard]] std::vector<std::byte> read(std::uint64_t address, std::size_t bytes) const;

private:
    void read_segments();
    [[nodiscard]] Elf_Scn *section(std::string_view name) const;
    [[nodiscard]] bool has_contents(Elf_Scn *section) const;
    [[nodiscard]] std::string_view strings(std::size_t section) const;
    [[nodiscard]] std::vector<std::string_view> versions() const;

    struct End {
        void operator()(Elf *elf) const noexcept;
    };

    std::string path_;
    Fd fd_;
    std::unique_ptr<Elf, End> elf_;
    bool is_32bit_ = false, is_native_ = false;
    std::uint64_t code_alignment_ = 1;
    std::vector<ElfSegment> segments_;
    mutable std::set<std::size_t> loaded_; // sections in memory
    mutable std::uint64_t loaded_bytes_ = 0;
};

} // namespace snoop
