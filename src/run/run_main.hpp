// SPDX-License-Identifier: BSD-2-Clause
// The main() of every tool: turns what its body throws into a line on stderr and an exit code.
//     int main(int argc, char **argv)
//     {
//         return snoop::run_main(argc, argv, info, [](snoop::Cli &cli) { …; return 0; });
//     }
#pragma once

#include "cli/options.hpp"

#include <functional>

namespace snoop {

class Cli;

// Calls `body` with the command line. An exception becomes "TOOL: reason" on stderr and the exit code
// of the Error; --help and --version print to stdout and exit with 0. With `-- CMD`, exit code 1
// becomes 125. Signals: see base/stop.hpp.
int run_main(int argc, char **argv, const ToolInfo &info, const std::function<int(Cli &)> &body);

} // namespace snoop
