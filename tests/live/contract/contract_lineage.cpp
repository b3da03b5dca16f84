// SPDX-License-Identifier: BSD-2-Clause
// exec_id and parent_exec_id: which program made the event, and on whose behalf.
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {

namespace {

// Forks; the child goes on, and the parent ends as the child does.
void step_down()
{
    int status = 0;

    if (const pid_t child = fork(); child != 0)
        _exit(waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1);
}

// Forks; the child goes on when its parent has ended.
void orphan()
{
    const pid_t parent = getpid();

    if (fork() != 0)
        _exit(0);
    while (getppid() == parent)
        sched_yield();
}

void enter_pid_namespace()
{
    if (unshare(CLONE_NEWPID) != 0)
        _exit(1);
    step_down();
    if (getpid() != 1)
        _exit(1);
}

// This test program has forked the process that makes the event. If the event is that of another program, which the
// process executes, this program is the parent's.
std::string forker(const EventTool &tool, const Json &row)
{
    const std::string id = row[tool.keeps_threads ? "exec_id" : "parent_exec_id"];

    EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{16}"));
    return id;
}

// Those that ToolRun adds for the tool under test.
void drop_arguments_of_tool()
{
    const WithProbe none{""};
    const WithArgs nothing{{}};
}

} // namespace

TEST_P(Contract, ExecIdThroughForks)
{
    const std::string direct = marker(), deeper = marker(), in_thread = marker(), in_namespace = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(direct);
    happen(deeper, step_down);
    happen_in_thread(in_thread, "server", "pool-7");
    happen(in_namespace, enter_pid_namespace);
    const Json first = tool.row_with(direct), second = tool.row_with(deeper);
    const std::string id = forker(GetParam(), first);
    EXPECT_EQ(forker(GetParam(), second), id);
    EXPECT_EQ(first["exec_id"] == second["exec_id"], GetParam().keeps_threads);
    EXPECT_EQ(forker(GetParam(), tool.row_with(in_thread)), id);
    EXPECT_EQ(forker(GetParam(), tool.row_with(in_namespace)), id);
}

TEST_P(Contract, ExecIdOfOrphans)
{
    const std::string direct = marker(), orphaned = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(direct);
    happen(orphaned, orphan);
    const std::string id = forker(GetParam(), tool.row_with(direct));
    EXPECT_EQ(forker(GetParam(), tool.row_with(orphaned)), id);
}

// Both processes are older than the tool, which sees neither of them before the parent ends.
TEST_P(Contract, ExecIdOfOlderOrphans)
{
    const std::string direct = marker(), orphaned = marker();
    const auto [started_out, started_in] = make_pipe();
    Process parent{event(orphaned, [&started_in = started_in] {
        const pid_t self = getpid();
        if (fork() != 0) {
            pause();
            _exit(1);
        }
        if (write(started_in.get(), "s", 1) != 1)
            _exit(1);
        while (getppid() == self)
            sched_yield();
    })};
    char byte = 0;
    ASSERT_EQ(read(started_out.get(), &byte, 1), 1);
    ToolRun tool{name(), {"-o", "json"}};

    parent.send(SIGKILL);
    parent.wait();
    happen(direct);
    const std::string id = forker(GetParam(), tool.row_with(direct));
    EXPECT_EQ(forker(GetParam(), tool.row_with(orphaned)), id);
}

// The tools started at different times, and compute the ids by themselves.
TEST_P(Contract, ExecIdJoinsTools)
{
    const std::string mark = marker(), file = dir.file(mark, "");
    const std::string script = command() + " \"$1\"";
    ToolRun tool{name(), {"-o", "json"}};
    drop_arguments_of_tool();
    ToolRun execs{"execsnoop", {"-o", "json"}};

    const Process shell{[&] {
        execl("/bin/sh", "sh", "-c", script.c_str(), "sh", file.c_str(), nullptr);
        _exit(1);
    }};
    const Json row =
        tool.row_where([&](const Json &r) { return r.dump().find(mark) != std::string::npos && r["comm"] != "sh"; });
    const Json exec = execs.row_where([&](const Json &r) { return r["exec_id"] == row["exec_id"]; });
    EXPECT_EQ(exec["pid"], row["pid"]);
    EXPECT_EQ(exec["comm"], row["comm"]);
    EXPECT_EQ(exec["parent_exec_id"], row["parent_exec_id"]);
}

} // namespace snoop::test
