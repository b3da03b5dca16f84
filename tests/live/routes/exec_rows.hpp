// SPDX-License-Identifier: BSD-2-Clause
// What execsnoop's row of an exec must hold, but for what a route says otherwise.
//     const Ended done = by_execve(exec);
//     return {.rows = {exec_row(done, exec, {{"comm", "script"}})}};
#pragma once

#include "process.hpp"
#include "route.hpp"

namespace snoop::test {

// Of one that succeeded, in a child of this process that has ended. `exec` is what was
// asked for.
Json exec_row(const Ended &done, const Exec &exec, const Json &more = Json::object());
// Of one that failed with err, called by a process called caller_comm.
Json failure_row(const Ended &done, const Exec &exec, int err, const Json &more = Json::object());

inline constexpr const char *caller_comm = "caller";

// What waitpid said, as --exit shows it: "exit_code" and "signal".
Json ending(int status);

// Bytes of an argument vector: every string with its NUL.
std::size_t bytes_of(const std::vector<std::string> &args);

// A child that becomes exec, by execve; with `before` it does that first. Throws unless it
// ends with `status`.
Ended by_execve(const Exec &exec, int status = 0, const std::function<void()> &before = {});
// The same for a call that the child makes, which returns an errno or does not return.
Ended by_call(const std::function<int()> &call, int status = 0);

// A call that fails with err.
Ended failing(const std::function<int()> &call, int err);

} // namespace snoop::test
