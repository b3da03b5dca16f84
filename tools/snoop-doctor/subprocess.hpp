// SPDX-License-Identifier: BSD-2-Clause
// A program that is run for what it says on stderr; its stdin and stdout are /dev/null.
//     Subprocess ran = run_program("/usr/sbin/opensnoop", {"opensnoop", "-d", "1"});
//     if (ran.exit_code == 0) …ran.err…
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace snoop {

struct Subprocess {
    int exit_code;                // 128 + N if signal N killed it
    std::vector<std::string> err; // lines
};

// Waits for its end; after a minute SIGALRM ends it. `in_child` is called before the program
// is executed, which it is not if that returns false, with errno. Throws Error (exit 1) if
// there is no process to be had.
Subprocess run_program(
    const std::string &path, std::vector<std::string> argv,
    const std::function<bool()> &in_child = [] { return true; });

} // namespace snoop
