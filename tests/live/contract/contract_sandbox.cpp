// SPDX-License-Identifier: BSD-2-Clause
// A tool gives up what tracing does not need, and misses nothing of it.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "sandbox.hpp"

#include <gmock/gmock.h>

#include <linux/capability.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using Args = std::vector<std::string>;

// The lines of /proc/PID/status that the sandbox changes.
std::string privileges_of(const std::string &status)
{
    std::string all;

    for (const std::string &line : split_lines(status))
        if (line.starts_with("Cap") || line.starts_with("NoNewPrivs:") || line.starts_with("Seccomp:"))
            all += line + "\n";
    return all;
}

} // namespace

TEST_P(Contract, GivesUpWhatTracingDoesNotNeed)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-v"}};

    expect_sandboxed(tool.pid());
    happen(mark);
    tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr(", no_new_privs, system-call filter\n"));
    expect_balance(tool.err());
}

TEST_P(Contract, KeepsAllOfItWithoutASandbox)
{
    ToolRun tool{name(), {"--no-sandbox"}};

    EXPECT_EQ(privileges_of(read_file("/proc/" + std::to_string(tool.pid()) + "/status")),
              privileges_of(read_file("/proc/self/status")));
    EXPECT_EQ(tool.stop(), 0);
}

// Signals are passed on to it, whoever it has become: the tool keeps the capability for that.
TEST_P(Contract, CommandKeepsItsPrivileges)
{
    const std::string copy = dir.at("status");
    ToolRun tool{name(), {"--", "/bin/sh", "-c", "cat /proc/$$/status > $0; exec sleep 1000", copy}};

    EXPECT_TRUE(eventually([&] { return read_file(copy).find("nonvoluntary") != std::string::npos; }));
    EXPECT_EQ(privileges_of(read_file(copy)), privileges_of(read_file("/proc/self/status")));
    expect_sandboxed(tool.pid(), std::uint64_t{1} << CAP_KILL);
    EXPECT_EQ(tool.stop(SIGTERM), 128 + SIGTERM);
}

// strace sees every call of the tool, from the ready signal to its end.
TEST_P(Contract, NeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(strace);
    for (const Args &args : {Args{"-T"}, Args{"-o", "json", "--record", dir.at("recording")}, Args{"-U", "--ancestors"},
                             Args{"--fields", "user,container_name,cgroup"}, Args{"--transport", "perf"}}) {
        ToolRun tool{name(), args};
        Strace strace{tool.pid()};
        happen(marker());
        EXPECT_TRUE(eventually([&] { return !tool.lines().empty(); }));
        EXPECT_EQ(tool.stop(), 0) << tool.err();
        EXPECT_THAT(strace.refused(), IsEmpty()) << args.back();
    }
}

TEST_P(Contract, ReplayNeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(strace);
    const std::string recording = dir.at("recording"), log = dir.at("log"), mark = marker();
    ToolRun tool{name(), {"--record", recording}};
    happen(mark);
    tool.line_with(mark);
    ASSERT_EQ(tool.stop(), 0);

    const Ended ended = run({.path = "/bin/sh",
                             .argv = {"sh", "-c", "exec strace -q -o $0 $1 --replay $2 -o json >/dev/null 2>&1", log,
                                      tool_path(name()), recording}});
    EXPECT_EQ(ended.status, 0);
    EXPECT_THAT(read_file(log), HasSubstr("seccomp(SECCOMP_SET_MODE_FILTER"));
    EXPECT_THAT(refused_calls(read_file(log)), IsEmpty());
}

} // namespace snoop::test
