// SPDX-License-Identifier: BSD-2-Clause
// Values of options, and the messages for those that are invalid.
#include "base/error.hpp"
#include "base/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace snoop;

// The message of the usage error that `parse` must throw.
template <class Parse> std::string refusal(Parse parse)
{
    try {
        parse();
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
}

TEST(Parse, SizesAndTheirUnits)
{
    EXPECT_EQ(parse_size("--x", "0"), 0u);
    EXPECT_EQ(parse_size("--x", "17"), 17u);
    EXPECT_EQ(parse_size("--x", "3k"), 3072u);
    EXPECT_EQ(parse_size("--x", "3m"), 3u << 20);
    EXPECT_EQ(parse_size("--x", "3g"), 3ull << 30);
    EXPECT_EQ(parse_size("--x", "17179869183G"), 17179869183ull << 30);
    EXPECT_THROW(parse_size("--x", "17179869184G"), Error);
    EXPECT_THROW(parse_size("--x", ""), Error);
    EXPECT_THROW(parse_size("--x", "+1"), Error);
}

TEST(Parse, Times)
{
    EXPECT_EQ(parse_seconds("--x", "0.25"), 0.25);
    for (const std::string text : {"0", "-1", "nan", "1s", ""})
        EXPECT_EQ(refusal([&] { parse_seconds("--x", text); }),
                  "--x: invalid time '" + text + "': give seconds above 0");
}

TEST(Parse, Counts)
{
    EXPECT_EQ(parse_count("--x", "18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(parse_count("--x", "7", 7), 7u);
    EXPECT_EQ(refusal([] { parse_count("--x", "8", 7); }), "--x: invalid count '8': give at most 7");
    for (const std::string text : {"0", "-1", "1.5", ""})
        EXPECT_EQ(refusal([&] { parse_count("--x", text); }),
                  "--x: invalid count '" + text + "': give a number from 1");
}

TEST(Parse, ProcessIds)
{
    EXPECT_EQ(parse_pid("--x", "4194304"), 4194304u);
    for (const std::string text : {"0", "4194305", "abc", ""})
        EXPECT_EQ(refusal([&] { parse_pid("--x", text); }),
                  "--x: invalid process ID '" + text + "': give a number from 1 to 4194304");
}

TEST(Parse, ThreadIds)
{
    EXPECT_EQ(parse_tid("--x", "1"), 1u);
    EXPECT_EQ(refusal([] { parse_tid("--x", "0"); }), "--x: invalid thread ID '0': give a number from 1 to 4194304");
}

TEST(Parse, Errors)
{
    EXPECT_EQ(parse_errno("--x", "ENOENT"), 2u);
    EXPECT_EQ(parse_errno("--x", "enoent"), 2u);
    EXPECT_EQ(parse_errno("--x", "EWOULDBLOCK"), parse_errno("--x", "EAGAIN"));
    EXPECT_EQ(parse_errno("--x", "ENOTSUP"), 95u);
    EXPECT_EQ(parse_errno("--x", "EOPNOTSUPP"), 95u);
    EXPECT_EQ(parse_errno("--x", "ERESTARTSYS"), 512u);
    EXPECT_EQ(parse_errno("--x", "0"), 0u);
    EXPECT_EQ(parse_errno("--x", "4095"), 4095u);
    EXPECT_EQ(refusal([] { parse_errno("--x", "EACCESS"); }), "--x: unknown error 'EACCESS'; did you mean EACCES?");
    for (const std::string text : {"4096", "-2", "", "no such file"})
        EXPECT_EQ(refusal([&] { parse_errno("--x", text); }),
                  "--x: unknown error '" + text + "': give a name such as ENOENT, or a number up to 4095");
}

TEST(Parse, TimesWithAUnit)
{
    EXPECT_EQ(parse_time_ns("--x", "1ns"), 1u);
    EXPECT_EQ(parse_time_ns("--x", "1.5us"), 1500u);
    EXPECT_EQ(parse_time_ns("--x", "20ms"), 20'000'000u);
    EXPECT_EQ(parse_time_ns("--x", "2s"), 2'000'000'000u);
    for (const std::string text : {"", "10", "ms", "-1ms", "0s", "0.5ns", "1e30s", "nanms", "1 ms", "1m"})
        EXPECT_EQ(refusal([&] { parse_time_ns("--x", text); }),
                  "--x: invalid time '" + text + "': give a number above 0 with ns, us, ms or s");
}

} // namespace
