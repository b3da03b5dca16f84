// SPDX-License-Identifier: BSD-2-Clause
// funclat: the histogram and the table, as text.
#include "funclat/funclat.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <pty.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::SizeIs;

class Text : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }
};

TEST_F(Text, Histogram)
{
    std::map<std::string, std::string> env = worker.env();
    env["LC_ALL"] = "C"; // in a UTF-8 locale, bars are of block characters
    ToolRun tool{"funclat", {"-u", own("snoop_sleep"), "--", Load::self(), "sleep", "1", "4", "20"}, {.env = env}};
    EXPECT_EQ(tool.wait(), 0);
    const auto lines = tool.lines();

    ASSERT_THAT(lines, SizeIs(Ge(5u))) << tool.out();
    EXPECT_TRUE(matches(lines[0], R"(# \d\d:\d\d:\d\d, \d+\.\d s, snoop_sleep in .+)")) << lines[0];
    EXPECT_EQ(lines[1], "                      us : count    distribution");
    constexpr const char *slot = R"( +\d+ -> \d+ +: \d+ +\|[* ]{40}\|)";
    for (std::size_t i = 2; i + 3 < lines.size(); i++)
        EXPECT_TRUE(matches(lines[i], slot)) << lines[i];
    EXPECT_THAT(lines[2], HasSubstr(" -> "));
    EXPECT_TRUE(matches(lines[lines.size() - 2], R"(# p50 \d+\.\d{3} us, p90 \d+\.\d{3} us, p99 \d+\.\d{3} us)"))
        << tool.out();
    EXPECT_GE(std::stod(lines[lines.size() - 2].substr(std::string_view{"# p50 "}.size())), 20'000.0);
    EXPECT_TRUE(matches(lines[lines.size() - 3],
                        R"(# calls 4, returned 4, average \d+\.\d{3} us, longest \d+\.\d{3} us, total \d+\.\d{3} us)"))
        << tool.out();
    EXPECT_EQ(lines.back(), "");
    EXPECT_EQ(tool.err_lines().back(),
              "funclat: seen 4 = returned 4 + filtered 0 + inside 0 + missed returns 0 + ended inside 0 + lost 0");
}

TEST_F(Text, Table)
{
    SNOOP_NEEDS(cookies);
    ToolRun tool{"funclat", {own("snoop_*"), "--", Load::self(), "nested", "1", "3"}, {.env = worker.env()}};
    EXPECT_EQ(tool.wait(), 0);
    const auto lines = tool.lines();

    ASSERT_THAT(lines, SizeIs(5)) << tool.out();
    EXPECT_TRUE(matches(lines[0], R"(# \d\d:\d\d:\d\d, \d+\.\d s, 1 of \d+ functions in .+)"));
    EXPECT_TRUE(
        matches(lines[1], R"(FUNCTION +COUNT +PER-SEC +AVERAGE\(ns\) +LONGEST\(ns\) +TOTAL\(ns\) +P50 +P90 +P99)"))
        << lines[1];
    EXPECT_TRUE(matches(lines[2], R"(snoop_nested +3 +\d+\.\d( +\d+){6})")) << lines[2];
    EXPECT_TRUE(matches(lines[3], R"(# total 3, \d+\.\d a second)")) << lines[3];
    EXPECT_EQ(lines[4], "");
}

// The table is as wide as its numbers, but no wider than the terminal.
TEST_F(Text, ByThreadOnATerminal)
{
    SNOOP_NEEDS(cookies);
    for (const unsigned short columns : std::initializer_list<unsigned short>{80, 200}) {
        winsize window{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        int screen = -1, terminal = -1;
        ASSERT_EQ(openpty(&screen, &terminal, nullptr, nullptr, &window), 0);
        const Fd reads{screen}, writes{terminal};
        ToolRun tool{
            "funclat",
            {"--by", "thread", own("snoop_quick"), own("snoop_nested"), "--", Load::self(), "nested", "2", "30"},
            {.env = worker.env(), .out_fd = terminal}};
        EXPECT_EQ(tool.wait(), 0);
        std::string text(4096, '\0');
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(read(screen, text.data(), text.size()), 0)));
        const std::vector<std::string> lines = split_lines(text);
        const auto titles =
            std::ranges::find_if(lines, [](const std::string &line) { return line.starts_with("PID"); });
        ASSERT_LT(titles, lines.end() - 2) << text;
        for (auto line = titles; line < titles + 3; ++line) // and two threads
            EXPECT_LE(line->find_last_not_of("\r") + 1, columns) << text;
        EXPECT_THAT(*titles, AllOf(HasSubstr("COUNT"), HasSubstr("LONGEST(ns)"), HasSubstr("P99")));
        EXPECT_EQ(titles->find("PER-SEC") != titles->npos, columns == 200) << text;
        EXPECT_EQ(text.find("# the terminal is too narrow for PER-SEC") != text.npos, columns < 200) << text;
    }
}

} // namespace
} // namespace snoop::test
