// SPDX-License-Identifier: BSD-2-Clause
// Counts the copies of a function that a compiler has inlined into others, which no probe sees, by the file's debug
// information (DWARF).
//     const InlinedCopies copies = count_inlined_copies("/usr/bin/server", "app::S::run");
//     copies.total();
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace snoop::funclat {

struct InlinedCopies {
    // By the name of the function, as ElfFunctions::select() prints it, or as it was asked for.
    std::map<std::string, std::uint64_t> counts;
    std::string unknown; // why the copies are not known; empty if they are

    [[nodiscard]] std::uint64_t total() const;
};

// Counts the copies of the functions that a text names; it is not a pattern. They are known if the file or its
// debug file has DWARF of at most 256 MiB, and if that can be searched within three seconds. Messages call the file
// `shown`. Throws Error (exit 2) if it cannot be read or is not an ELF executable or library.
InlinedCopies count_inlined_copies(const std::string &file, const std::string &text, const std::string &shown);

} // namespace snoop::funclat
