// SPDX-License-Identifier: BSD-2-Clause
// hello on this kernel.
#include "hooks.hpp"
#include "place.hpp"
#include "process.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <functional>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Hello : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(tp); }

    // Launches a program whose name, and so whose comm, no other has. Returns its line.
    std::string launch(const std::function<void()> &before = {}) const
    {
        const std::string name = marker();
        const std::string path = dir.program(name);
        const Ended ended = in_child([&] {
            if (before)
                before();
            execl(path.c_str(), name.c_str(), nullptr);
        });
        EXPECT_EQ(ended.status, 0);
        return fmt::format("program launched: {} (PID={}, UID=", name, ended.pid);
    }

    TempDir dir;
};

TEST_F(Hello, SaysWhatIsLaunched)
{
    ToolRun tool{"hello"};

    const std::string mine = launch(), alices = launch([] { become(1000, 1000); });
    EXPECT_EQ(tool.line_with(mine), mine + "0)");
    EXPECT_EQ(tool.line_with(alices), alices + "1000)");
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err_lines(), ElementsAre("hello: tracing, Ctrl-C ends"));
    // The pipe has more in it than that.
    EXPECT_THAT(tool.lines(), testing::Each(StartsWith("program launched: ")));
}

TEST_F(Hello, WhatCameBeforeIsNotShown)
{
    std::string before;
    {
        ToolRun tool{"hello"};
        tool.send(SIGSTOP);
        before = launch();
        EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    }
    ToolRun tool{"hello"};
    const std::string after = launch();
    tool.line_with(after);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(before), 0u);
    EXPECT_EQ(tool.count_with(after), 1u);
}

TEST_F(Hello, DurationEndsIt)
{
    ToolRun tool{"hello", {"-d", "0.2"}};

    EXPECT_EQ(tool.wait(), 0);
}

// Ended at once, it has still shown what had been launched.
TEST_F(Hello, ItsEndLosesNothing)
{
    ToolRun tool{"hello"};

    const std::string mine = launch();
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    EXPECT_EQ(tool.count_with(mine), 1u);
}

TEST_F(Hello, ThePipesReaderEndsIt)
{
    ToolRun tool{"hello"};

    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

TEST_F(Hello, ANameCannotDriveTheTerminal)
{
    ToolRun tool{"hello"};
    const std::string name = "a\x1b[1m" + marker().substr(0, 10); // 15 bytes are kept

    EXPECT_EQ(run({.path = dir.program(name), .argv = {"x"}}).status, 0);
    tool.line_with("program launched: a\\x1b[1m" + name.substr(5));
    EXPECT_EQ(tool.stop(), 0);
}

TEST_F(Hello, WithoutTracefsItSaysWhatToDo)
{
    const Outcome outcome = run_tool("hello", {}, {.in_child = [] {
                                         private_mounts();
                                         cover("/sys/kernel/debug");
                                         cover("/sys/kernel/tracing");
                                     }});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("mount -t tracefs tracefs /sys/kernel/tracing"));
    EXPECT_EQ(outcome.out, "");
}

TEST_F(Hello, WrongCalls)
{
    for (const std::vector<std::string> &args :
         {std::vector<std::string>{"stray"}, {"-d", "0"}, {"-d", "x"}, {"--", "true"}, {"--uid", "0"}}) {
        const Outcome outcome = run_tool("hello", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.err_lines().size(), 1u);
    }
}

} // namespace
} // namespace snoop::test
