// SPDX-License-Identifier: BSD-2-Clause
// execcount: blocks, JSON rows, and the table on a terminal.
#include "accounting.hpp"
#include "execcount/execcount.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

TEST_F(Execcount, Block)
{
    constexpr const char *head = R"(# \d\d:\d\d:\d\d, \d+\.\d s, by count)";
    ToolRun tool{"execcount",
                 {"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())},
                 {.env = {{"LC_ALL", "C"}}}}; // bars of ASCII

    execute(program, 3);
    execute(dir.program("second"));
    EXPECT_EQ(tool.stop(), 0);
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(6)) << tool.out();
    EXPECT_TRUE(matches(lines[0], head)) << lines[0];
    EXPECT_EQ(lines[1], "COMM        COUNT    PER-SEC  SHARE BAR");
    EXPECT_TRUE(matches(lines[2], R"(prog            3 +\d+\.\d  75\.0% #{20})")) << lines[2];
    EXPECT_TRUE(matches(lines[3], R"(second          1 +\d+\.\d  25\.0% #{7})")) << lines[3];
    EXPECT_TRUE(matches(lines[4], R"(# total 4, \d+\.\d a second)")) << lines[4];
    EXPECT_EQ(lines[5], "");
}

TEST_F(Execcount, TopAndSort)
{
    const std::string zebra = dir.program("zebra"), ant = dir.program("ant");
    const auto comms = [&](const Args &more) {
        Args args{"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        ToolRun tool{"execcount", args};
        execute(zebra, 3);
        execute(ant);
        execute(program, 2);
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (!line.empty() && !line.starts_with('#') && !line.starts_with("COMM"))
                names.push_back(line.substr(0, line.find(' ')));
        if (tool.out().find("# 1 more keys") != std::string::npos)
            names.emplace_back("and one more");
        return names;
    };

    EXPECT_THAT(comms({}), ElementsAre("zebra", "prog", "ant"));
    EXPECT_THAT(comms({"--sort", "rate"}), ElementsAre("zebra", "prog", "ant"));
    EXPECT_THAT(comms({"--sort", "key"}), ElementsAre("ant", "prog", "zebra"));
    EXPECT_THAT(comms({"--top", "2"}), ElementsAre("zebra", "prog", "and one more"));
}

TEST_F(Execcount, BlockPerInterval)
{
    ToolRun tool{"execcount", {"-i", "0.1", "--by", "comm", "-n", "prog"}};

    execute(program);
    tool.line_with("prog ");
    execute(program);
    tool.line_where([](const std::string &line) { return line.starts_with("prog          2 "); });
    EXPECT_EQ(tool.stop(), 0);
    expect_balance(tool.err());
}

TEST_F(Execcount, OnceAndDuration)
{
    // The command outlasts the interval, and there is one table.
    const std::string script = program + "; sleep 0.3; " + program + "; exit 5";
    ToolRun once{"execcount", {"--once", "-i", "0.05", "-o", "json", "--by", "comm", "--", "/bin/sh", "-c", script}};
    EXPECT_EQ(once.wait(), 5);
    EXPECT_EQ(counts_in(once.rows())["prog"], 2u) << once.out();
    EXPECT_THAT(once.lines(), SizeIs(3)); // prog, sh and sleep
    const Outcome time = run_tool("execcount", {"-d", "0.05", "-i", "1000", "-n", "nobody-has-this"});
    EXPECT_EQ(time.code, 0);
    ASSERT_THAT(time.lines(), SizeIs(4)) << time.out;
    EXPECT_THAT(time.lines()[2], HasSubstr("# total 0, 0.0 a second"));
}

TEST_F(Execcount, StdoutClosed)
{
    ToolRun tool{"execcount", {"-i", "0.05"}};

    tool.line_with("# total");
    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

TEST_F(Execcount, SignalsLoseNothing)
{
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        ToolRun tool{"execcount", json_of_children()};
        execute(program, 20);
        EXPECT_EQ(tool.stop(signal), 0);
        EXPECT_THAT(counts_in(tool.rows()), ElementsAre(Pair("0", 20)));
    }
}

TEST_F(Execcount, VerboseNamesHooks)
{
    ToolRun tool{"execcount", {"-v", "-x", "--probe", "raw_tp"}};
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("execcount: probe: successes by raw_tp/sched_process_exec\n"));
    EXPECT_THAT(tool.err(), HasSubstr("execcount: probe: failures by raw_tp/sys_exit, as --probe asks\n"));
    EXPECT_THAT(tool.err(), HasSubstr(lacks(Hook::batch) ? "read one by one" : "read in batches"));
}

class OnATerminal : public Execcount {
protected:
    [[nodiscard]] Args command(const Args &more = {}) const
    {
        // Do not filter by parent: the test also starts tmux.
        Args args{tool_path("execcount"), "-i", "0.1", "--by", "comm", "-n", "prog", "-n", "ant"};
        if (const char *btf = std::getenv("SNOOP_BTF"))
            args.insert(args.end(), {"--btf", btf});
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    // Executes "prog" three times and "ant" once, from the first output on.
    void count_four(Terminal &terminal) const
    {
        terminal.wait_for("# total 0");
        execute(program, 3);
        execute(dir.program("ant"));
        terminal.wait_for("# total 4");
    }
    // Characters of UTF-8, each of which is a column wide here.
    static std::ptrdiff_t columns_of(const std::string &line)
    {
        return std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; });
    }
    static bool is_sorted_by(const std::string &line, const char *what)
    {
        return line.find(fmt::format("by {}", what)) != std::string::npos;
    }
};

TEST_F(OnATerminal, RedrawsInPlaceAndQuits)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{70, 12, command()};
    count_four(terminal);
    const auto lines = terminal.lines();
    ASSERT_THAT(lines, SizeIs(Ge(5)));
    EXPECT_THAT(lines[0], testing::StartsWith("# "));
    EXPECT_THAT(lines[1], testing::StartsWith("COMM "));
    EXPECT_THAT(lines[2], testing::StartsWith("prog "));
    EXPECT_THAT(lines[2], testing::EndsWith("██████████"));
    EXPECT_EQ(columns_of(lines[2]), 70); // the largest bar fills the window
    EXPECT_THAT(lines[3], testing::StartsWith("ant "));

    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    // The last output stays, and the terminal is as it was.
    terminal.wait_for("execcount: seen ");
    terminal.wait_for("# total 4");
}

TEST_F(OnATerminal, BarsAreAsciiInTheCLocale)
{
    SNOOP_NEEDS(tmux);
    std::vector<std::string> in_c{"env", "LC_ALL=C"};
    for (std::string &word : command())
        in_c.push_back(word);
    Terminal terminal{70, 12, in_c};
    count_four(terminal);
    const auto lines = terminal.lines();
    ASSERT_THAT(lines, SizeIs(Ge(5)));
    EXPECT_THAT(lines[2], testing::EndsWith("##########"));
    EXPECT_THAT(lines[2], SizeIs(70));
}

TEST_F(OnATerminal, ClearsAndSorts)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{70, 12, command()};
    count_four(terminal);
    terminal.wait_for("by count");
    terminal.press("s");
    terminal.wait_for("by rate");
    terminal.press("s");
    terminal.wait_for("by key");
    EXPECT_THAT(terminal.lines()[2], testing::StartsWith("ant "));
    terminal.press("s");
    terminal.wait_for("by count");
    terminal.press("c");
    terminal.wait_for("# total 0");
    execute(program);
    terminal.wait_for("# total 1");
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    terminal.wait_for("counted 5"); // clearing does not change the accounting
}

TEST_F(OnATerminal, FitsTheWindow)
{
    SNOOP_NEEDS(tmux);
    Args names{"--sort", "key"};
    for (int i = 0; i < 12; i++)
        names.insert(names.end(), {"-n", fmt::format("p{:02}", i)});
    Terminal terminal{70, 20, command(names)};
    terminal.wait_for("# total 0");

    for (int i = 0; i < 12; i++)
        execute(dir.program(fmt::format("p{:02}", i)));
    terminal.wait_for("p11");
    terminal.resize(50, 10);
    terminal.wait_for("# 7 more keys");
    const auto lines = terminal.lines();
    EXPECT_THAT(lines, SizeIs(Le(10)));
    EXPECT_THAT(lines, Each(testing::ResultOf(columns_of, Le(50))));
    EXPECT_THAT(lines[2], testing::StartsWith("p00 "));
    terminal.resize(90, 20);
    terminal.wait_for("p11");
    EXPECT_EQ(columns_of(terminal.lines()[2]), 90);
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
}

} // namespace
} // namespace snoop::test
