// SPDX-License-Identifier: BSD-2-Clause
// Looks by /proc and strace at what a tool that traces has given up.
//     ToolRun tool{"execcount", args};
//     expect_sandboxed(tool.pid());
//     Strace strace{tool.pid()};
//     … have the tool print something, and stop it …
//     EXPECT_THAT(strace.refused(), IsEmpty());
#pragma once

#include "fixtures.hpp"
#include "process.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

// A line of /proc/PID/status, without its name: "0000000000000000".
std::string status_of(pid_t pid, const std::string &name);

// Expects a filter, no_new_privs, and these capabilities (a bit for each) beside the one that reading maps takes here.
void expect_sandboxed(pid_t pid, std::uint64_t capabilities = 0);

// strace at a process, from now on.
class Strace {
public:
    explicit Strace(pid_t pid);

    // Once the process has ended: its calls that failed as those fail which a filter refuses.
    std::vector<std::string> refused();

private:
    TempDir dir_;
    Process strace_;
};

// Those among the lines that strace wrote, after the first filter if the process installed one.
std::vector<std::string> refused_calls(const std::string &log);

} // namespace snoop::test
