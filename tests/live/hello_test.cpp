// SPDX-License-Identifier: BSD-2-Clause
#include "fixtures.hpp"
#include "hooks.hpp"
#include "process.hpp"
#include "tool_run.hpp"

#include "kernel/system.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace snoop::test;
using testing::Contains;
using testing::HasSubstr;

TEST(Hello, PrintsEachProgram)
{
    SNOOP_NEEDS(tracefs);
    const TempDir dir;
    const std::string mark = marker();
    ToolRun tool{"hello", {}, {.wait = false}};
    tool.wait_err("tracing, press Ctrl-C to stop");

    const Ended one = run({.path = dir.program(mark)});
    tool.line_with(mark);
    const Ended two = in_child([&] {
        become(1000, 1000);
        exec_now({.path = dir.at(mark)});
    });
    EXPECT_TRUE(eventually([&] { return tool.count_with(mark) == 2; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(), Contains(fmt::format("program launched: {} (PID={}, UID={})", mark, one.pid, geteuid())));
    EXPECT_THAT(tool.lines(), Contains(fmt::format("program launched: {} (PID={}, UID=1000)", mark, two.pid)));
}

// Linux from 5.9 on does so too, but perhaps later. Here it cannot: hello sees another file in its place.
TEST(Hello, EnablesTheEventOfPrintk)
{
    SNOOP_NEEDS(tracefs);
    const std::string enable = *snoop::kernel::tracefs() + "/events/bpf_trace/bpf_trace_printk/enable";
    const TempDir dir;
    const std::string other = dir.file("enable", "0");
    const Outcome outcome = run_tool("hello", {"-d", "0.05"}, {.in_child = [&] {
                                         private_mounts();
                                         bind_mount(other, enable);
                                     }});

    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(read_file(other), "1");
}

TEST(Hello, NameCannotForgeALine)
{
    SNOOP_NEEDS(tracefs);
    const TempDir dir;
    ToolRun tool{"hello", {}, {.wait = false}};
    tool.wait_err("tracing, press Ctrl-C to stop");

    run({.path = dir.program("a\x1b[2Jb")});
    EXPECT_THAT(tool.line_with("a\\x1b[2Jb"), HasSubstr("program launched: a\\x1b[2Jb (PID="));
    EXPECT_EQ(tool.stop(), 0);
}

TEST(Hello, StopsAfterDuration)
{
    SNOOP_NEEDS(tracefs);
    const Outcome outcome = run_tool("hello", {"-d", "0.05"});

    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "hello: tracing, press Ctrl-C to stop\n");
}

TEST(Hello, WithoutTracefs)
{
    SNOOP_NEEDS(tracefs);
    const Outcome outcome = run_tool("hello", {"-d", "1"}, {.in_child = [] {
                                         private_mounts();
                                         cover("/sys/kernel/tracing");
                                         cover("/sys/kernel/debug");
                                     }});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("mount -t tracefs tracefs /sys/kernel/tracing"));
    EXPECT_EQ(outcome.out, "");
}

TEST(Hello, Usage)
{
    EXPECT_EQ(run_tool("hello", {"-d", "0"}).code, 2);
    EXPECT_EQ(run_tool("hello", {"--bogus"}).code, 2);
}
