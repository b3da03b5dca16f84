// SPDX-License-Identifier: BSD-2-Clause
// What ends a tool early: an exception with the line to print and the exit code.
// Thrown anywhere, caught once, by run_main().
//     throw snoop::Error{snoop::exit_usage, "no user is named '{}'", name};
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace snoop {

enum ExitCode : int {
    exit_ok = 0,      // finished: signal, duration, count, or the pipe's reader left
    exit_runtime = 1, // something failed on the way
    exit_usage = 2,   // the command line, or a file it names, is wrong
    exit_lacks = 3    // this system lacks what the tool needs
};

class Error : public std::runtime_error {
public:
    template <class... Args>
    Error(ExitCode code, fmt::format_string<Args...> format, Args &&...args)
        : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)), code_(code)
    {}

    [[nodiscard]] ExitCode code() const noexcept { return code_; }

private:
    ExitCode code_;
};

// "No such file or directory (ENOENT)", of a positive errno.
std::string describe_errno(int err);

} // namespace snoop
