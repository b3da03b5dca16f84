// SPDX-License-Identifier: BSD-2-Clause
// Runs a program and captures either its stderr or its stdout. The other of the two and stdin
// are /dev/null.
//     Subprocess ran = run_program("/usr/sbin/opensnoop", {"opensnoop", "-d", "1"});
//     if (ran.exit_code == 0) use(ran.lines);
#pragma once

#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace snoop {

struct Subprocess {
    int exit_code; // 128 + N if signal N killed it
    std::vector<std::string> lines;
};

struct SubprocessOptions {
    int captured_fd = STDERR_FILENO;
    // Called in the child; if it returns false, with errno, nothing is executed.
    std::function<bool()> before_exec = [] { return true; };
};

// Waits until it exits; SIGALRM ends it after a minute. Throws Error (exit 1) if the process or a pipe
// cannot be created.
Subprocess run_program(const std::string &path, std::vector<std::string> argv, const SubprocessOptions &options = {});

} // namespace snoop
