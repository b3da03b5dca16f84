// SPDX-License-Identifier: BSD-2-Clause
// Times as text and JSON, in a fixed time zone.
#include "table/times.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace {

using namespace snoop;

constexpr std::int64_t s = 1'000'000'000;
constexpr std::int64_t day_in_2026 = 1'795'341'850 * s; // 2026-11-22T10:04:10Z

template <class T> std::string text(T time)
{
    Buffer out;
    put_text(out, time, Spaces::escape);
    return {out.data(), out.size()};
}
template <class T> std::string json(T time)
{
    Buffer out;
    JsonWriter writer{out};
    put_json(writer, time);
    return {out.data(), out.size()};
}

class WallTimes : public testing::Test {
protected:
    // UTC+5:30, in a form that needs no tzdata.
    void SetUp() override
    {
        if (const char *zone = std::getenv("TZ"))
            before_ = zone;
        setenv("TZ", "IST-5:30", 1);
        tzset();
    }
    void TearDown() override
    {
        if (before_)
            setenv("TZ", before_->c_str(), 1);
        else
            unsetenv("TZ");
        tzset();
    }
    std::optional<std::string> before_;
};

TEST_F(WallTimes, JsonIsUtcWithNanoseconds)
{
    EXPECT_EQ(json(WallTime{day_in_2026 + 123456789}), "\"2026-11-22T10:04:10.123456789Z\"");
    EXPECT_EQ(json(WallTime{day_in_2026 + 7}), "\"2026-11-22T10:04:10.000000007Z\"");
    EXPECT_EQ(json(WallTime{0}), "\"1970-01-01T00:00:00.000000000Z\"");
    EXPECT_EQ(json(WallTime{951'782'400 * s - 1}), "\"2000-02-28T23:59:59.999999999Z\"");
    EXPECT_EQ(json(WallTime{951'782'400 * s}), "\"2000-02-29T00:00:00.000000000Z\"");
    EXPECT_EQ(json(WallTime{4'102'444'800 * s}), "\"2100-01-01T00:00:00.000000000Z\"");
    EXPECT_EQ(json(WallTime{INT64_MAX}), "\"2262-04-11T23:47:16.854775807Z\"");
}

TEST_F(WallTimes, TextIsTheLocalTimeOfDay)
{
    EXPECT_EQ(text(WallTime{day_in_2026}), "15:34:10");
    EXPECT_EQ(text(WallTime{day_in_2026 + s - 1}), "15:34:10");
    EXPECT_EQ(text(WallTime{day_in_2026 + s}), "15:34:11");
    EXPECT_EQ(text(WallTime{18 * 3600 * s + 1800 * s}), "00:00:00");
}

// From a clock before 1970, or a damaged recording.
TEST_F(WallTimes, BeforeTheEpoch)
{
    EXPECT_EQ(json(WallTime{-s / 2}), "\"1969-12-31T23:59:59.500000000Z\"");
    EXPECT_EQ(json(WallTime{-s}), "\"1969-12-31T23:59:59.000000000Z\"");
    EXPECT_EQ(text(WallTime{-1}), "05:29:59");
    EXPECT_EQ(json(WallTime{INT64_MIN}), "\"1677-09-21T00:12:43.145224192Z\"");
}

TEST(Seconds, ThreeDigits)
{
    EXPECT_EQ(text(Seconds{0}), "0.000");
    EXPECT_EQ(text(Seconds{999'999}), "0.000");
    EXPECT_EQ(text(Seconds{12'345'678'901}), "12.345");
    EXPECT_EQ(text(Seconds{86'400 * s + 5'000'000}), "86400.005");
}

TEST(Seconds, BelowZero)
{
    EXPECT_EQ(text(Seconds{-250'000'000}), "-0.250");
    EXPECT_EQ(text(Seconds{-1'500'000'000}), "-1.500");
}

TEST(Duration, MillisecondsInTextAndNanosecondsInJson)
{
    EXPECT_EQ(text(Duration{0}), "0.000");
    EXPECT_EQ(text(Duration{482'999}), "0.482");
    EXPECT_EQ(text(Duration{12'345'678'901}), "12345.678");
    EXPECT_EQ(json(Duration{482'999}), "482999");
    EXPECT_EQ(json(Duration{UINT64_MAX}), "18446744073709551615");
    EXPECT_EQ(text(Duration{UINT64_MAX}), "18446744073709.551");
}

TEST(Duration, None)
{
    Buffer out;
    put_text(out, std::optional<Duration>{}, Spaces::escape);
    EXPECT_EQ(std::string_view(out.data(), out.size()), "-");
}

} // namespace
