// SPDX-License-Identifier: BSD-2-Clause
// execsnoop on a terminal: --fit cuts rows to its width, and a start without rows is explained.
#include "terminal.hpp"
#include "contract/contract.hpp"
#include "execsnoop/execsnoop.hpp"

#include <cstdlib>
#include <pty.h>
#include <string>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ExecsnoopOnATerminal : public Execsnoop {
protected:
    // The screen of a tool with these options after an exec of "prog" with a long argument and one of "ant".
    [[nodiscard]] std::vector<std::string> screen(const Args &more) const
    {
        Args args{tool_path("execsnoop"), "-n", "prog", "-n", "ant"};
        if (const char *btf = std::getenv("SNOOP_BTF"))
            args.insert(args.end(), {"--btf", btf});
        args.insert(args.end(), more.begin(), more.end());
        Terminal terminal{60, 12, args};
        terminal.wait_for("execsnoop: tracing");
        EXPECT_EQ(run({.path = program, .argv = {"prog", std::string(100, 'x')}}).status, 0);
        terminal.wait_for("prog ");
        EXPECT_EQ(run({.path = dir.program("ant"), .argv = {"ant"}}).status, 0);
        terminal.wait_for("ant ");
        return terminal.lines();
    }
    static std::vector<std::string>::const_iterator row_of_comm(const std::vector<std::string> &lines, const char *comm)
    {
        return std::ranges::find_if(lines, [&](const auto &line) { return line.starts_with(comm); });
    }
    // The lines that the row of "prog" takes.
    static std::ptrdiff_t height(const std::vector<std::string> &lines)
    {
        return row_of_comm(lines, "ant ") - row_of_comm(lines, "prog ");
    }
};

TEST_F(ExecsnoopOnATerminal, FitCutsRows)
{
    SNOOP_NEEDS(tmux);
    const auto lines = screen({"--fit"});
    EXPECT_EQ(height(lines), 1);
    EXPECT_THAT(*row_of_comm(lines, "prog "), AllOf(SizeIs(60), EndsWith(">")));
}

// In a pipe the columns are those that were asked for.
TEST_F(ExecsnoopOnATerminal, ShowsContainersIfSeveralCanMatch)
{
    SNOOP_NEEDS(tmux);
    SNOOP_NEEDS(cgroup2);
    {
        Terminal terminal{80, 12, {tool_path("execsnoop"), "--container", "!nosuch"}};
        terminal.wait_for("CONTAINER");
    }

    const Outcome piped = run_tool("execsnoop", of_children({"--container", "!nosuch", "-d", "0.01"}));
    EXPECT_EQ(piped.code, 0) << piped.err;
    EXPECT_THAT(piped.lines().front(), Not(HasSubstr("CONTAINER")));
}

TEST_F(ExecsnoopOnATerminal, WithoutFitRowsWrap)
{
    SNOOP_NEEDS(tmux);
    const auto lines = screen({});
    EXPECT_GT(height(lines), 1);
    EXPECT_THAT(lines, testing::Each(Not(EndsWith(">"))));
}

// Waits for a line that comes once five seconds have passed.
TEST_F(ExecsnoopOnATerminal, QuietStartNamesTheFilters)
{
    SNOOP_NEEDS(tmux);
    Args args{tool_path("execsnoop"), "-n", "prog", "-l", "a b"};
    if (const char *btf = std::getenv("SNOOP_BTF"))
        args.insert(args.end(), {"--btf", btf});
    Terminal terminal{120, 12, args};
    terminal.wait_for("execsnoop: tracing");
    EXPECT_EQ(run({.path = dir.program("ant"), .argv = {"ant"}}).status, 0);
    EXPECT_EQ(run({.path = program, .argv = {"prog", "a"}}).status, 0);
    const std::string line = terminal.wait_for("execsnoop: no event matched");
    EXPECT_THAT(line, HasSubstr("in 5 s; filters: --comm prog, --line 'a b'; events filtered out: "));
    EXPECT_GE(std::stoi(line.substr(line.rfind(' '))), 2);
}

// A row has come, or it is not a person who looks.
TEST_F(ExecsnoopOnATerminal, NoLineIfThereWasARow)
{
    SNOOP_NEEDS(tmux);
    Args args{tool_path("execsnoop"), "-n", "prog", "-d", "5.5"};
    if (const char *btf = std::getenv("SNOOP_BTF"))
        args.insert(args.end(), {"--btf", btf});
    Terminal terminal{120, 12, args};
    terminal.wait_for("execsnoop: tracing");
    EXPECT_EQ(run({.path = program, .argv = {"prog"}}).status, 0);
    terminal.wait_for("execsnoop: seen");
    EXPECT_THAT(terminal.lines(), testing::Each(Not(HasSubstr("no event"))));
}

TEST_F(ExecsnoopOnATerminal, NoLineIfStderrIsNoTerminal)
{
    int screen = -1, terminal = -1;
    ASSERT_EQ(openpty(&screen, &terminal, nullptr, nullptr, nullptr), 0);
    const Fd reads{screen}, writes{terminal};
    ToolRun tool{"execsnoop", {"-n", "nothing-has-it", "-d", "5.5"}, {.out_fd = terminal}};

    EXPECT_EQ(tool.wait(), 0);
    expect_stderr("execsnoop", tool.err());
}

} // namespace
} // namespace snoop::test
