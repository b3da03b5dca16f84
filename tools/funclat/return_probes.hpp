// SPDX-License-Identifier: BSD-2-Clause
// The functions that must not get a return probe (--probe uretprobe). The kernel replaces the return
// address on the stack of the program, which some programs read, copy or move.
//     const FunctionTarget safe = without_fatal_returns(target, log);
#pragma once

#include "funclat/function_target.hpp"
#include "libbpf/log.hpp"

namespace snoop::funclat {

// The target without functions that return twice, such as setjmp(); a line says which were left out. Throws
// Error (exit 2) if none is left, or if the file is a Go program.
FunctionTarget without_fatal_returns(const FunctionTarget &target, const Log &log);

} // namespace snoop::funclat
