// SPDX-License-Identifier: BSD-2-Clause
// Resolves the argument FUNCTION: "vfs_read" and "tcp_*" in the kernel, "libc.so.6:malloc",
// "./server:app::S::run", "/usr/bin/bash:readline*" and "/usr/bin/bash:0x4f3a0" in programs.
//     const FunctionTarget target = find_functions("libc.so.6:malloc", pids);
#pragma once

#include "symbols/file_handle.hpp"
#include "symbols/kallsyms.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::funclat {

struct FunctionTarget {
    // An instruction in a file, to trace in one process or, with pid -1, in all.
    struct AttachPoint {
        std::string file; // a path that is valid while the target is
        pid_t pid;
        std::uint64_t offset;
        std::uint32_t function; // its number
    };

    std::string text;   // as the user gave it
    std::string binary; // that they are in; empty: the kernel
    bool is_pattern;
    std::vector<std::string> names;                // by number
    std::vector<std::vector<std::string>> aliases; // by number: other names of the same code, if a name was given
    std::vector<KernelFunction> kernel;            // the same, of the kernel's
    std::vector<AttachPoint> points;               // of those of a program
    std::vector<FileHandle> files;                 // that the points are in
    std::vector<std::string> notices{};            // lines for the user
    std::vector<std::string> details{};            // lines for -v
    // By number, if a name was given: inlined copies of the function; nothing where that is not known.
    std::vector<std::optional<std::uint64_t>> inlined{};
};

bool is_user_function(const std::string &text);

// Functions of programs are traced in these processes, or in all if `pids` is empty. Throws Error:
// exit 2 if there is no such function, exit 3 if it cannot be traced.
FunctionTarget find_functions(const std::string &text, const std::vector<std::uint32_t> &pids);

} // namespace snoop::funclat
