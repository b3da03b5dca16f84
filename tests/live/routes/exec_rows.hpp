// SPDX-License-Identifier: BSD-2-Clause
// The expected row of an exec, which a route may override.
//     const Ended done = by_execve(exec);
//     return {.rows = {exec_row(done, exec, {{"comm", "script"}})}};
#pragma once

#include "process.hpp"
#include "route.hpp"

namespace snoop::test {

// For a successful exec, in a child of this process that has ended. `exec` is what was
// asked for.
Json exec_row(const Ended &done, const Exec &exec, const Json &more = Json::object());
// For an exec that failed with err, in a process named caller_comm.
Json failure_row(const Ended &done, const Exec &exec, int err, const Json &more = Json::object());

inline constexpr const char *caller_comm = "caller";

// The wait status as --exit shows it: "exit_code" and "signal".
Json ending(int status);

// The size of an argument vector: every string with its NUL.
std::size_t bytes_of(const std::vector<std::string> &args);

// Runs exec in a child, by execve, after `before`. Throws unless it
// ends with `status`.
Ended by_execve(const Exec &exec, int status = 0, const std::function<void()> &before = {});
// For a call that the child makes, which returns an errno or does not return.
Ended by_call(const std::function<int()> &call, int status = 0);

// Expects a call that fails with err.
Ended failing(const std::function<int()> &call, int err);

} // namespace snoop::test
