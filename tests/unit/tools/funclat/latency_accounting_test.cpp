// SPDX-License-Identifier: BSD-2-Clause
// The exact accounting summary of funclat.
#include "funclat/latency_accounting.hpp"
#include "unit/accounting.hpp"

#include <gtest/gtest.h>

namespace snoop::funclat {
namespace {

// 46 = 10 + 3 + 12 + 6 + 5 + (4 + 6).
EventCounters counters()
{
    return counters_of({{SNOOP_SEEN, 40}, {SNOOP_FILTERED, 3}, {SNOOP_LOST_MAP_FULL, 4}, {SNOOP_DESCENDANTS_LOST, 2}},
                       6, 12);
}

funclat_stats sums()
{
    funclat_stats sums{};
    sums.calls = 37;
    sums.returned = 10;
    sums.missed = 6;
    sums.ended = 5;
    return sums;
}

TEST(LatencyAccounting, TimedCalls)
{
    const Accounting sum = latency_accounting("funclat", counters(), sums(), true);

    EXPECT_EQ(sum.as_text(), "seen 46 = returned 10 + filtered 3 + inside 12 + missed returns 6 + ended inside 5 + "
                             "lost 10; lost, map full: 4; lost, missed: 6; descendants lost 2");
    EXPECT_EQ(
        json_of(sum),
        R"({"event":"accounting","tool":"funclat","seen":46,"returned":10,"filtered":3,"inside":12,"missed":6,)"
        R"("ended":5,"unwound":0,"untimed":0,"lost":10,"lost_by":{"map_full":4,"missed":6},"slow":0,"slow_lost":0,"other":0,"descendants_lost":2,"lineages_lost":0})"
        "\n");
}

TEST(LatencyAccounting, CountedCalls)
{
    const auto counted = counters_of({{SNOOP_SEEN, 40}, {SNOOP_FILTERED, 3}});
    funclat_stats calls{};
    calls.calls = 37;
    const Accounting sum = latency_accounting("funclat", counted, calls, false);

    EXPECT_EQ(sum.as_text(), "seen 40 = counted 37 + filtered 3 + lost 0");
    EXPECT_EQ(
        json_of(sum),
        R"({"event":"accounting","tool":"funclat","seen":40,"counted":37,"filtered":3,"inside":0,"missed":0,)"
        R"("ended":0,"unwound":0,"untimed":0,"lost":0,"lost_by":{"map_full":0,"missed":0},"slow":0,"slow_lost":0,"other":0,"descendants_lost":0,"lineages_lost":0})"
        "\n");
}

} // namespace
} // namespace snoop::funclat
