// SPDX-License-Identifier: BSD-2-Clause
// Resolves several arguments FUNCTION, of the kernel and of programs, to one target.
//     const FunctionTargets all = find_all_functions({"vfs_read", "libc.so.6:malloc"}, pids);
//     all.target.names[1], all.binaries[1];
#pragma once

#include "funclat/function_target.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace snoop::funclat {

struct FunctionTargets {
    FunctionTarget target{};           // all functions, those of the kernel first; `text` has all arguments
    std::vector<std::string> binaries; // by number of the function: the file; empty for the kernel
};

// A function that several arguments name is there once. Throws Error as find_functions() does.
FunctionTargets find_all_functions(const std::vector<std::string> &texts, const std::vector<std::uint32_t> &pids);

// Exposed for the tests: appends the functions of `more` that are not in `all` yet.
void add_functions(FunctionTargets &all, const FunctionTarget &more);

} // namespace snoop::funclat
