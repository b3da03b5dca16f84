// SPDX-License-Identifier: BSD-2-Clause
// The file with the symbols of a stripped program or library, if it is installed. Nothing is downloaded.
//     if (const auto debug = find_debug_file(elf)) debug->for_each_symbol(…);
#pragma once

#include "symbols/elf_file.hpp"

#include <memory>
#include <string>
#include <vector>

namespace snoop {

// The directories that are searched; the defaults are those of gdb and debuginfod.
struct DebugFolders {
    std::string debug = "/usr/lib/debug";
    std::vector<std::string> caches = debuginfod_caches();

    static std::vector<std::string> debuginfod_caches();
};

// Looks by build ID below /usr/lib/debug/.build-id and in debuginfod's cache, then by .gnu_debuglink beside the file,
// in .debug beside it and below /usr/lib/debug. Its build ID, or else its checksum, is that of the file. Null if there
// is none.
std::unique_ptr<ElfFile> find_debug_file(const ElfFile &elf, const DebugFolders &folders = {});

} // namespace snoop
