// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary of a tool that counts, to the letter.
#include "count/count_view.hpp"

#include <gtest/gtest.h>

#include <string>

namespace snoop {
namespace {

// 26 = 10 + 7 + 5 + 4.
Accounting full_sum()
{
    EventCounters counters;
    counters.kernel.count[SNOOP_SEEN] = 20;
    counters.kernel.count[SNOOP_FILTERED] = 5;
    counters.kernel.count[SNOOP_SEEN_AND_FILTERED] = 2;
    counters.kernel.count[SNOOP_DESCENDANTS_LOST] = 3;
    counters.skipped = 4;
    return count_accounting("mycount", counters, 10, 5);
}

TEST(CountAccounting, Text)
{
    EXPECT_EQ(full_sum().as_text(),
              "seen 26 = counted 10 + filtered 7 + other 5 + lost 4; lost, missed: 4; descendants lost 3");
    EXPECT_EQ(count_accounting("mycount", {}, 0, 0).as_text(), "seen 0 = counted 0 + filtered 0 + other 0 + lost 0");
}

TEST(CountAccounting, Json)
{
    Buffer out;
    full_sum().put_json(out);
    EXPECT_EQ((std::string{out.data(), out.size()}),
              R"({"event":"accounting","tool":"mycount","seen":26,"counted":10,"filtered":7,"other":5,"lost":4,)"
              R"("lost_by":{"missed":4},"descendants_lost":3})"
              "\n");
}

} // namespace
} // namespace snoop
