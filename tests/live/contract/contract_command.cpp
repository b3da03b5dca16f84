// SPDX-License-Identifier: BSD-2-Clause
// `-- CMD ARGS…`: traces CMD and its descendants, from CMD's first instruction to its end.
#include "contract/contract.hpp"
#include "load.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>

namespace snoop::test {

using testing::IsSubsetOf;
using testing::SizeIs;

namespace {

// Halves that a script joins to the path of a file named by the marker: only
// what the script does shows the marker, not its command line.
std::vector<std::string> halves(const TempDir &dir, const std::string &mark)
{
    const std::string path = dir.file(mark, "");
    const std::size_t cut = path.size() - mark.size() / 2;

    return {path.substr(0, cut), path.substr(cut)};
}

std::vector<std::string> operator+(std::vector<std::string> one, const std::vector<std::string> &two)
{
    one.insert(one.end(), two.begin(), two.end());
    return one;
}

} // namespace

// CMD waits until an unrelated process has triggered its event, so both could be seen.
TEST_P(Contract, TracesOnlyTheCommand)
{
    const std::string stranger = marker(), own = marker();
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::string script = "read x <\"$1\"; " + command() + " \"$2$3\"; exit 3";
    ToolRun tool{name(), std::vector<std::string>{"--", "/bin/sh", "-c", script, "sh", fifo} + halves(dir, own)};

    happen(stranger);
    write_file(fifo, "go\n");
    EXPECT_EQ(tool.wait(), 3);
    EXPECT_EQ(tool.count_with(own), 1u) << tool.out();
    EXPECT_EQ(tool.count_with(stranger), 0u);
    expect_stderr(name(), tool.err(), "until /bin/sh exits", {name() + ": /bin/sh exited with 3"});
}

TEST_P(Contract, CommandKilledBySignal)
{
    ToolRun tool{name(), {"--", "/bin/sh", "-c", "kill -KILL $$"}};

    EXPECT_EQ(tool.wait(), 128 + SIGKILL);
    expect_stderr(name(), tool.err(), "until /bin/sh exits", {name() + ": /bin/sh was killed by SIGKILL"});
}

// Ends a thread, then executes its arguments.
const Load end_thread_and_exec{"end_thread_and_exec", [](const std::vector<std::string> &args) {
                                   std::thread{[] {}}.join();
                                   exec_now({.path = args.at(0), .argv = args});
                                   return 1;
                               }};

// A process is traced until its last thread ends, not its first.
TEST_P(Contract, CommandEndsAThread)
{
    const std::string mark = marker();
    const std::string script = command() + " \"$1$2\"";
    const std::vector<std::string> args{"--", Load::self(), "/bin/sh", "-c", script, "sh"};
    ToolRun tool{name(), args + halves(dir, mark), {.env = end_thread_and_exec.env()}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.count_with(mark), 1u) << tool.out() << tool.err();
}

// The orphan goes on only after the shell in between has ended: its parent is no
// descendant of CMD.
TEST_P(Contract, FollowsOrphansOfTheCommand)
{
    const std::string mark = marker();
    const std::string one = dir.at("one"), two = dir.at("two");
    ASSERT_EQ(mkfifo(one.c_str(), 0600), 0);
    ASSERT_EQ(mkfifo(two.c_str(), 0600), 0);
    const std::string script =
        "( (read x <\"$1\"; " + command() + " \"$3$4\"; echo >\"$2\") & ); echo >\"$1\"; read y <\"$2\"";
    ToolRun tool{name(), std::vector<std::string>{"--", "sh", "-c", script, "sh", one, two} + halves(dir, mark)};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.count_with(mark), 1u) << tool.out();
    expect_stderr(name(), tool.err(), "until sh exits", {name() + ": sh exited with 0"});
}

TEST_P(Contract, CommandCannotBeExecuted)
{
    const std::string text = dir.file("text", "no program\n");

    for (const auto &[command, code, error] :
         {std::tuple{std::string{"/no/such/program"}, 127, "No such file or directory (ENOENT)"},
          std::tuple{text, 126, "Permission denied (EACCES)"}}) {
        ToolRun tool{name(), {"--", command}, {.wait = false}};
        EXPECT_EQ(tool.wait(), code);
        ASSERT_THAT(tool.err_lines(), SizeIs(2)) << tool.err();
        EXPECT_EQ(tool.err_lines()[1], fmt::format("{}: cannot execute '{}': {}", name(), command, error));
    }
}

// The search in PATH ends before tracing begins.
TEST_P(Contract, CommandIsNotInPath)
{
    const std::string nothing = "no-such-program";
    expect_refusal(127, {"--", nothing}, {"cannot execute '" + nothing + "'", "ENOENT"});
    expect_refusal(127, {"--", "ls -l | wc"}, {"cannot execute", "`-- sh -c 'ls -l | wc'`"});
    // As in a shell, it matters whether there is a file that cannot be executed.
    dir.file(nothing, "no program\n");
    const Start start{.env = {{"PATH", dir.path() + ":/usr/bin:/bin"}}};
    expect_refusal(126, {"--", nothing}, {"cannot execute '" + nothing + "'", "EACCES"}, start);
}

TEST_P(Contract, ToolThatCannotRunReplacesNoFile)
{
    const std::string file = dir.file("recording", "of an earlier run\n");

    expect_refusal(127, {"--record", file, "--", "no-such-program"}, {"cannot execute 'no-such-program'"});
    EXPECT_EQ(read_file(file), "of an earlier run\n");
}

TEST_P(Contract, StoppingEndsTheCommand)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ToolRun tool{name(), {"--", "sh", "-c", "echo $$ >\"$1\"; exec \"$2\"", "sh", fifo, dir.waiting_program("waits")}};

    const auto child = static_cast<pid_t>(std::stol(read_file(fifo)));
    EXPECT_EQ(kill(child, 0), 0);
    EXPECT_EQ(tool.stop(), 128 + SIGINT);
    EXPECT_EQ(kill(child, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

// The command inherits the three streams and no descriptor of the tool.
TEST_P(Contract, CommandInheritsNoDescriptors)
{
    ToolRun tool{name(), {"-p", "1", "--", "sh", "-c", "for f in /proc/self/fd/*; do echo fd=${f##*/}; done"}};

    EXPECT_EQ(tool.wait(), 0);
    std::vector<std::string> fds;
    for (const auto &line : tool.lines())
        if (line.starts_with("fd=") && line != "fd=*")
            fds.push_back(line.substr(3));
    // The shell itself reads the directory by one more, the lowest that is free.
    EXPECT_THAT(fds, IsSubsetOf({"0", "1", "2", "3", "10"})) << tool.out();
}

TEST_P(Contract, CommandRunsAsSudoUser)
{
    const User user = ordinary_user();
    const std::string mark = marker();
    const std::map<std::string, std::string> sudo{{"SUDO_UID", std::to_string(user.uid)},
                                                  {"SUDO_GID", std::to_string(user.gid)},
                                                  {"SUDO_USER", user.name},
                                                  {"HOME", "/nowhere"}};
    const std::string script = command() + " \"$1$2\"; echo home=$HOME user=$USER";
    const std::vector<std::string> args{"-o", "json", "--", "sh", "-c", script, "sh"};
    ToolRun tool{name(), args + halves(dir, mark), {.env = sudo}};

    EXPECT_EQ(tool.wait(), 0);
    bool found = false, told = false;
    for (const auto &line : tool.lines()) {
        told |= line.starts_with("home=") && line.ends_with("user=" + user.name) && !line.starts_with("home=/nowhere");
        if (!line.starts_with('{') || line.find(mark) == std::string::npos)
            continue;
        const Json row = parse_json(line);
        found = true;
        EXPECT_EQ(row["uid"], user.uid) << line;
        EXPECT_EQ(row["gid"], user.gid) << line;
        EXPECT_EQ(row["user"], user.name) << line;
    }
    EXPECT_TRUE(found && told) << tool.out();
}

// A tool that can't trace leaves no command behind, neither running nor as a zombie.
TEST_P(Contract, FailureStopsTheCommand)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const std::string ran = dir.at("ran");
    const Outcome outcome =
        run_tool(name(), {"--btf", dir.file("btf", "garbage"), "--", "/bin/sh", "-c", "echo >\"$1\"", "sh", ran});

    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
    EXPECT_NE(access(ran.c_str(), F_OK), 0) << "the command has run";
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

} // namespace snoop::test
