// SPDX-License-Identifier: BSD-2-Clause
// Texts that are cut between two characters.
#include "base/utf8_cut.hpp"

#include <gtest/gtest.h>

namespace snoop {
namespace {

TEST(Utf8Cut, KeepsWholeCharacters)
{
    EXPECT_EQ(utf8_prefix("na\u00efve", 2), "na");
    EXPECT_EQ(utf8_prefix("na\u00efve", 3), "na");
    EXPECT_EQ(utf8_prefix("na\u00efve", 4), "na\u00ef");
    EXPECT_EQ(utf8_suffix("na\u00efve", 2), "ve");
    EXPECT_EQ(utf8_suffix("na\u00efve", 3), "ve");
    EXPECT_EQ(utf8_suffix("na\u00efve", 4), "\u00efve");
}

TEST(Utf8Cut, KeepsShortTexts)
{
    EXPECT_EQ(utf8_prefix("abc", 3), "abc");
    EXPECT_EQ(utf8_suffix("abc", 3), "abc");
    EXPECT_EQ(utf8_prefix("", 0), "");
    EXPECT_EQ(utf8_suffix("abc", 0), "");
}

TEST(Utf8Cut, CutsAllOfBytesThatBeginNoCharacter)
{
    EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "");
    EXPECT_EQ(utf8_suffix("\x80\x80\x80", 2), "");
}

} // namespace
} // namespace snoop
