// SPDX-License-Identifier: BSD-2-Clause
// execsnoop on a terminal: --fit cuts rows to its width.
#include "terminal.hpp"
#include "execsnoop/execsnoop.hpp"

#include <cstdlib>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
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

TEST_F(ExecsnoopOnATerminal, WithoutFitRowsWrap)
{
    SNOOP_NEEDS(tmux);
    const auto lines = screen({});
    EXPECT_GT(height(lines), 1);
    EXPECT_THAT(lines, testing::Each(Not(EndsWith(">"))));
}

} // namespace
} // namespace snoop::test
