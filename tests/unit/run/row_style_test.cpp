// SPDX-License-Identifier: BSD-2-Clause
#include "base/fd.hpp"
#include "run/row_style.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <pty.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>

namespace snoop {
namespace {

std::string cut(std::string_view row, std::size_t width)
{
    Buffer out;
    append(out, "before ");
    append(out, row);
    append(out, "\n");
    cut_row(out, 7, width);
    return fmt::to_string(out);
}

TEST(CutRow, KeepsWhatFits)
{
    EXPECT_EQ(cut("", 1), "before \n");
    EXPECT_EQ(cut("ab", 2), "before ab\n");
    EXPECT_EQ(cut("é€", 2), "before é€\n");
}

TEST(CutRow, MarksTheLastColumn)
{
    EXPECT_EQ(cut("abc", 2), "before a>\n");
    EXPECT_EQ(cut("abc", 1), "before >\n");
    EXPECT_EQ(cut("é€x", 2), "before é>\n");
}

TEST(CutRow, CountsColumnsNotCharacters)
{
    EXPECT_EQ(cut("目录", 4), "before 目录\n"); // two columns each
    EXPECT_EQ(cut("目录", 3), "before 目>\n");
    EXPECT_EQ(cut("a目", 2), "before a>\n");
    EXPECT_EQ(cut("e\u0301b", 2), "before e\u0301b\n"); // a combining accent takes none
}

std::string wrapped(std::string_view row, std::size_t width, std::size_t indent)
{
    Buffer out;
    append(out, "before ");
    append(out, row);
    append(out, "\n");
    wrap_row(out, 7, width, indent);
    return fmt::to_string(out).substr(7);
}

TEST(WrapRow, KeepsWhatFits)
{
    EXPECT_EQ(wrapped("", 10, 3), "\n");
    EXPECT_EQ(wrapped("A  one two", 10, 3), "A  one two\n");
}

TEST(WrapRow, EndsLinesAtSpacesOfTheLastColumn)
{
    EXPECT_EQ(wrapped("A  one two three four", 10, 3), "A  one two\n   three\n   four\n");
    EXPECT_EQ(wrapped("A    one two three", 10, 5), "A    one\n     two\n     three\n");
    EXPECT_EQ(wrapped("A  é€é two", 8, 3), "A  é€é\n   two\n"); // columns, not bytes
}

TEST(WrapRow, LeavesLongWordsWhole)
{
    EXPECT_EQ(wrapped("A  0123456789 two", 8, 3), "A  0123456789\n   two\n");
    EXPECT_EQ(wrapped("A    0123456789", 8, 5), "A    0123456789\n");
}

TEST(WrapRow, IndentsLessOnANarrowTerminal)
{
    EXPECT_EQ(wrapped("A        one two three", 14, 9), "A        one\n    two three\n");
}

// A terminal, of which the test is the other end.
class RowStyleTest : public testing::Test {
protected:
    RowStyleTest()
    {
        unsetenv("NO_COLOR");
        setenv("TERM", "xterm", 1);
        int main = -1, terminal = -1;
        EXPECT_EQ(openpty(&main, &terminal, nullptr, nullptr, nullptr), 0);
        main_ = Fd{main};
        terminal_ = Fd{terminal};
    }

    void resize(unsigned short columns) const
    {
        const winsize window{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        EXPECT_EQ(ioctl(terminal_.get(), TIOCSWINSZ, &window), 0);
    }
    static std::string styled(const RowStyle &style, Tone tone, std::string_view row = "a row\n")
    {
        Buffer out;
        append(out, "first\n");
        append(out, row);
        if (style.changes_rows())
            style.apply(out, 6, tone);
        return fmt::to_string(out).substr(6);
    }

    Fd main_, terminal_;
    const Fd file_{open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

TEST_F(RowStyleTest, ColorsOfTones)
{
    const RowStyle style{file_.get(), Color::always, false};
    EXPECT_EQ(styled(style, Tone::plain), "a row\n");
    EXPECT_EQ(styled(style, Tone::failure), "\033[31ma row\033[0m\n");
    EXPECT_EQ(styled(style, Tone::signal), "\033[35ma row\033[0m\n");
}

TEST_F(RowStyleTest, AutomaticOnATerminalAlone)
{
    const auto has_color = [](const Fd &fd, Color color) {
        return styled(RowStyle{fd.get(), color, false}, Tone::failure) != "a row\n";
    };

    EXPECT_TRUE(has_color(terminal_, Color::automatic));
    EXPECT_FALSE(has_color(file_, Color::automatic));
    EXPECT_FALSE(has_color(terminal_, Color::never));
    setenv("NO_COLOR", "", 1);
    EXPECT_TRUE(has_color(terminal_, Color::automatic));
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(has_color(terminal_, Color::automatic));
    EXPECT_TRUE(has_color(file_, Color::always));
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    EXPECT_FALSE(has_color(terminal_, Color::automatic));
}

TEST_F(RowStyleTest, FitsTheWindowOfTheMoment)
{
    const RowStyle style{terminal_.get(), Color::always, true};
    resize(4);
    EXPECT_EQ(styled(style, Tone::plain), "a r>\n");
    EXPECT_EQ(styled(style, Tone::failure), "\033[31ma r>\033[0m\n");
    resize(5);
    EXPECT_EQ(styled(style, Tone::plain), "a row\n");
    EXPECT_EQ(styled(RowStyle{terminal_.get(), Color::never, false}, Tone::plain, "no --fit\n"), "no --fit\n");
}

TEST_F(RowStyleTest, NeverCutsWithoutATerminal)
{
    resize(4);
    EXPECT_FALSE((RowStyle{file_.get(), Color::never, true}.changes_rows()));
}

} // namespace
} // namespace snoop
