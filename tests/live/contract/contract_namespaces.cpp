// SPDX-License-Identifier: BSD-2-Clause
// A tool in a pid namespace takes and shows process ids as that namespace numbers them.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {

namespace {

// The child goes on as the first process of a new pid namespace, with a /proc of its own.
void enter_pid_namespace()
{
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        throw std::runtime_error("cannot make a pid namespace");
    if (const pid_t child = fork(); child != 0) {
        int status = 0;
        _exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    if (mount("proc", "/proc", "proc", 0, nullptr) != 0)
        throw std::runtime_error("cannot mount /proc");
}

constexpr pid_t pid_of_command = 2; // the tool is 1

} // namespace

TEST_P(Contract, TracesTheCommandInAPidNamespace)
{
    const std::string mark = marker(), file = dir.file(mark, ""), script = "exec " + command() + " \"$1\"";
    ToolRun tool{name(), {"-o", "json", "--", "sh", "-c", script, "sh", file}, {.in_child = enter_pid_namespace}};

    EXPECT_EQ(tool.wait(), 0) << tool.err();
    bool found = false;
    for (const Json &row : tool.rows()) {
        EXPECT_EQ(row["pid"], pid_of_command) << row;
        EXPECT_EQ(row["ns_pid"], pid_of_command) << row;
        EXPECT_EQ(row["tid"], pid_of_command) << row;
        EXPECT_EQ(row["ppid"], 1) << row;
        found |= row.dump().find(mark) != std::string::npos;
    }
    EXPECT_TRUE(found) << tool.out();
}

TEST_P(Contract, FiltersByThePidNamespacesNumbers)
{
    const std::string mark = marker(), file = dir.file(mark, ""), script = "exec " + command() + " \"$1\"";
    const auto rows = [&](const std::string &option, pid_t pid) {
        ToolRun tool{name(),
                     {option, std::to_string(pid), "--", "sh", "-c", script, "sh", file},
                     {.in_child = enter_pid_namespace}};
        EXPECT_EQ(tool.wait(), 0) << tool.err();
        EXPECT_GE(expect_balance(tool.err())["seen"], 1u);
        return tool.count_with(mark);
    };

    if (!GetParam().searches_pids) {
        EXPECT_GE(rows("-p", pid_of_command), 1u);
        EXPECT_EQ(rows("-p", pid_of_command + 1), 0u);
    }
    EXPECT_GE(rows("-P", 1), 1u);
    EXPECT_EQ(rows("-P", pid_of_command), 0u);
}

// Processes outside the namespace have no number in it.
TEST_P(Contract, OutsideThePidNamespace)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json", "-c", "1", "-n", some_comm}, {.in_child = enter_pid_namespace}};

    happen(mark);
    EXPECT_EQ(tool.wait(), 0) << tool.err();
    ASSERT_EQ(tool.rows().size(), 1u) << tool.out();
    EXPECT_EQ(tool.rows()[0]["pid"], 0);
}

} // namespace snoop::test
