// SPDX-License-Identifier: BSD-2-Clause
// The exception that ends a tool: the message to print and the exit code. Only run_main()
// catches it. Also names for errno values and signals.
//     throw snoop::Error{snoop::exit_usage, "no user is named '{}'", name};
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace snoop {

enum ExitCode : int {
    exit_ok = 0,      // finished: by a signal, --duration, --count, or stdout closed
    exit_runtime = 1, // failed while running
    exit_usage = 2,   // the command line, or a file that it names, is invalid
    exit_lacks = 3,   // this system lacks a feature or privilege that the tool needs
    // With `-- CMD`, whose exit code is the tool's:
    exit_own_failure = 125,    // in place of exit_runtime
    exit_not_executable = 126, // CMD was found, and cannot be executed
    exit_not_found = 127       // there is no CMD
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

// "No such file or directory (ENOENT)" for the positive errno 2.
std::string describe_errno(int err);

// "ENOENT" for 2, "ERESTARTSYS" for 512, which the kernel keeps to itself; "E520" for 520, which has no name.
std::string errno_name(int err);

// "SIGSEGV" for 11; "SIG34" for 34, which has no name.
std::string signal_name(int signal);

} // namespace snoop
