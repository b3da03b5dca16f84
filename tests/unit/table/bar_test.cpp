// SPDX-License-Identifier: BSD-2-Clause
#include "table/bar.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace snoop {
namespace {

std::string bar(double columns, Bars bars, std::size_t used)
{
    Buffer out;
    EXPECT_EQ(append_bar(out, columns, '#', bars), used);
    return fmt::to_string(out);
}

TEST(Bar, OfAsciiIsRounded)
{
    EXPECT_EQ(bar(0, Bars::ascii, 0), "");
    EXPECT_EQ(bar(2.4, Bars::ascii, 2), "##");
    EXPECT_EQ(bar(2.5, Bars::ascii, 3), "###");
}

TEST(Bar, OfBlocksHasEighths)
{
    EXPECT_EQ(bar(0, Bars::blocks, 0), "");
    EXPECT_EQ(bar(0.05, Bars::blocks, 0), "");
    EXPECT_EQ(bar(0.125, Bars::blocks, 1), "▏");
    EXPECT_EQ(bar(2.5, Bars::blocks, 3), "██▌");
    EXPECT_EQ(bar(2.99, Bars::blocks, 3), "███");
}

class BarLocale : public testing::Test {
protected:
    BarLocale()
    {
        for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
            unsetenv(name);
    }
};

TEST_F(BarLocale, EncodingDecides)
{
    EXPECT_EQ(bars_of_locale(), Bars::ascii);
    for (const char *utf8 : {"C.UTF-8", "C.utf8", "en_US.UTF-8", "de_DE.UTF-8@euro"}) {
        setenv("LANG", utf8, 1);
        EXPECT_EQ(bars_of_locale(), Bars::blocks) << utf8;
    }
    for (const char *other : {"C", "POSIX", "en_US", "de_DE.ISO-8859-15@euro", "C.UTF-8x", "UTF-8", ""}) {
        setenv("LANG", other, 1);
        EXPECT_EQ(bars_of_locale(), Bars::ascii) << other;
    }
}

TEST_F(BarLocale, FirstVariableThatIsSetDecides)
{
    setenv("LANG", "C.UTF-8", 1);
    setenv("LC_CTYPE", "C", 1);
    EXPECT_EQ(bars_of_locale(), Bars::ascii);
    setenv("LC_ALL", "C.UTF-8", 1);
    EXPECT_EQ(bars_of_locale(), Bars::blocks);
    setenv("LC_ALL", "", 1); // as if it were not set
    EXPECT_EQ(bars_of_locale(), Bars::ascii);
}

} // namespace
} // namespace snoop
