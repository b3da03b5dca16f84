// SPDX-License-Identifier: BSD-2-Clause
// The exact accounting summary of a tool that counts.
#include "count/count_view.hpp"
#include "unit/accounting.hpp"

#include <gtest/gtest.h>

namespace snoop {
namespace {

// 26 = 10 + 7 + 5 + 4.
Accounting full_sum()
{
    const auto counters = counters_of({{SNOOP_SEEN, 20},
                                       {SNOOP_FILTERED, 5},
                                       {SNOOP_SEEN_AND_FILTERED, 2},
                                       {SNOOP_DESCENDANTS_LOST, 3},
                                       {SNOOP_LINEAGES_LOST, 6}},
                                      4);

    return count_accounting("mycount", counters, 10, 5, false);
}

TEST(CountAccounting, Text)
{
    EXPECT_EQ(full_sum().as_text(),
              "seen 26 = counted 10 + filtered 7 + other 5 + lost 4; lost, missed: 4; descendants lost 3; "
              "lineages lost 6");
    EXPECT_EQ(count_accounting("mycount", {}, 0, 0, false).as_text(),
              "seen 0 = counted 0 + filtered 0 + other 0 + lost 0");
}

TEST(CountAccounting, Json)
{
    EXPECT_EQ(json_of(full_sum()),
              R"({"event":"accounting","tool":"mycount","seen":26,"counted":10,"filtered":7,"other":5,"lost":4,)"
              R"("lost_by":{"missed":4},"descendants_lost":3,"lineages_lost":6})"
              "\n");
}

} // namespace
} // namespace snoop
