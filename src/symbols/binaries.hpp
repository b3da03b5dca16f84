// SPDX-License-Identifier: BSD-2-Clause
// Which file is meant by the name of a program or a library.
//     find_binary("libstdc++.so.6");       // "/lib/x86_64-linux-gnu/libstdc++.so.6"
//     find_binaries_of(42, "libstdc++*");  // what process 42 has mapped, as this one may open it
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snoop {

// A path, with a slash, is itself. A name is looked for on the PATH, then where libraries
// are: LD_LIBRARY_PATH and the system's folders. Throws Error (exit 2) if it is nowhere.
std::string find_binary(const std::string &name);

// The same in a process: `path` is as the process has it, `file` is what this process opens
// for it, which may be in another container.
struct MappedBinary {
    std::string path, file;
};

// A path, with a slash, is in the process's own root directory. A name, which may have the
// wildcards of glob(7), is one of those that the process executes or has mapped as code.
// Throws Error (exit 2) if there is none, or no such process.
std::vector<MappedBinary> find_binaries_of(std::uint32_t pid, const std::string &name);

} // namespace snoop
