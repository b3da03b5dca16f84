// SPDX-License-Identifier: BSD-2-Clause
// Values of filters, with and without a "!".
#include "base/condition.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace snoop;

using Words = std::vector<Condition<std::string>>;

Condition<std::string> parsed(const std::string &text)
{
    return parse_condition("--x", text, [](std::string_view, const std::string &value) { return value; });
}

TEST(Condition, Parses)
{
    EXPECT_EQ(parsed("a"), (Condition<std::string>{"a", false}));
    EXPECT_EQ(parsed("!a"), (Condition<std::string>{"a", true}));
    EXPECT_EQ(parsed("\\!a"), (Condition<std::string>{"!a", false}));
    EXPECT_EQ(parsed("!!a"), (Condition<std::string>{"!a", true}));
    EXPECT_EQ(parsed("\\a"), (Condition<std::string>{"\\a", false}));
    EXPECT_EQ(parsed("a!"), (Condition<std::string>{"a!", false}));
    EXPECT_EQ(parsed(""), (Condition<std::string>{"", false}));
    try {
        parsed("!");
        ADD_FAILURE() << "it was accepted";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage);
        EXPECT_STREQ(error.what(), "--x: '!' leaves out nothing: give a value after it");
    }
}

TEST(Condition, AnyPositiveAndNoNegative)
{
    const auto hold = [](const Words &words) {
        return conditions_hold(words, [](const std::string &word) { return word == "a" || word == "b"; });
    };

    EXPECT_TRUE(hold({}));
    EXPECT_TRUE(hold({{"a"}}));
    EXPECT_FALSE(hold({{"x"}}));
    EXPECT_TRUE(hold({{"x"}, {"b"}}));
    EXPECT_FALSE(hold({{"a", true}}));
    EXPECT_TRUE(hold({{"x", true}, {"y", true}}));
    EXPECT_TRUE(hold({{"x", true}, {"a"}}));
    EXPECT_FALSE(hold({{"x", true}, {"y"}}));
    EXPECT_FALSE(hold({{"a"}, {"b", true}}));
    EXPECT_FALSE(hold({{"b", true}, {"a"}}));
}

TEST(Condition, SaysWhichKindsThereAre)
{
    const Words none, positive{{"a"}}, negative{{"a", true}}, both{{"a", true}, {"b"}};

    EXPECT_FALSE(has_positive(none) || has_negative(none));
    EXPECT_TRUE(has_positive(positive) && !has_negative(positive));
    EXPECT_TRUE(!has_positive(negative) && has_negative(negative));
    EXPECT_TRUE(has_positive(both) && has_negative(both));
}

} // namespace
