// SPDX-License-Identifier: BSD-2-Clause
// Finds the file for the name of a program or library.
//     find_binary("libstdc++.so.6");       // "/lib/x86_64-linux-gnu/libstdc++.so.6"
//     find_binaries_of(42, "libstdc++*");  // the one that process 42 has mapped
#pragma once

#include "symbols/file_handle.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace snoop {

// A path, which has a slash, is returned as it is. A name is searched on the PATH, then in
// LD_LIBRARY_PATH and the system's library directories. Throws Error (exit 2) if not found.
std::string find_binary(const std::string &name);

// A file as another process, possibly in a container, sees it (`path`), and the path by which
// this process and the kernel can open it while `handle` is kept (`file`).
struct MappedBinary {
    std::string path, file;
    FileHandle handle;
};

// A name, which may have the wildcards of glob(7), matches files that the process has mapped as code; a
// path, which has a slash, matches them too, and is else looked up in the process's root directory.
// These are the very files that are mapped, even if they were renamed, deleted or hidden by a mount
// since, or are outside of the root directory (chroot). A relative path is one of this process.
// Sets `notice`, if given, to a line for the user if the process has not mapped the file.
// Throws Error (exit 2) if no file matches or there is no such process.
std::vector<MappedBinary> find_binaries_of(std::uint32_t pid, const std::string &name, std::string *notice = nullptr);

} // namespace snoop
