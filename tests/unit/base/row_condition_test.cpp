// SPDX-License-Identifier: BSD-2-Clause
// The conditions of --when, and the values of JSON for which they hold.
#include "base/error.hpp"
#include "base/row_condition.hpp"

#include <gtest/gtest.h>

namespace snoop {
namespace {

bool holds(std::string_view condition, std::string_view json)
{
    return parse_row_condition("--when", condition).holds(json);
}

TEST(RowCondition, Compares)
{
    EXPECT_TRUE(holds("exit!=0", "1"));
    EXPECT_FALSE(holds("exit!=0", "0"));
    EXPECT_FALSE(holds("exit!=0", "null"));
    EXPECT_TRUE(holds("errno=EACCES", R"("EACCES")"));
    EXPECT_FALSE(holds("errno=EACCES", R"("ENOENT")"));
    EXPECT_TRUE(holds("comm=a=b", R"("a=b")"));
    EXPECT_TRUE(holds("comm=", R"("")"));
    EXPECT_FALSE(holds("errno=null", "null"));
}

TEST(RowCondition, IsSet)
{
    EXPECT_TRUE(holds("killed", R"("SIGKILL")"));
    EXPECT_FALSE(holds("killed", "null"));
    EXPECT_TRUE(holds("oom", "true"));
    EXPECT_FALSE(holds("oom", "false"));
}

TEST(RowCondition, WordsAndKeys)
{
    EXPECT_EQ(parse_row_condition("--when", "exit!=0").key, "exit_code");
    EXPECT_EQ(parse_row_condition("--when", "killed").key, "signal");
    EXPECT_EQ(parse_row_condition("--when", "failed").key, "errno");
    EXPECT_EQ(parse_row_condition("--when", "pid=7").key, "pid");
}

TEST(RowCondition, NeedsAKey)
{
    for (const char *text : {"", "=1", "!=1"})
        EXPECT_THROW(parse_row_condition("--when", text), Error) << text;
}

} // namespace
} // namespace snoop
