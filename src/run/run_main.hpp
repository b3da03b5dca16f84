// SPDX-License-Identifier: BSD-2-Clause
// The one place where errors end: a line on stderr and an exit code.
//     int main(int argc, char **argv)
//     {
//         return snoop::run_main(argc, argv, info, [](snoop::Cli &cli) { …; return 0; });
//     }
#pragma once

#include "cli/options.hpp"

#include <functional>

namespace snoop {

class Cli;

// Calls `body` with the command line. What it throws becomes "TOOL: why" on stderr and
// the Error's code; --help and --version go to stdout with 0.
int run_main(int argc, char **argv, const ToolInfo &info, const std::function<int(Cli &)> &body);

} // namespace snoop
