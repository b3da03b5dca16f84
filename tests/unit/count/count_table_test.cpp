// SPDX-License-Identifier: BSD-2-Clause
// Counts in successive snapshots of a map.
#include "count/count_table.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using namespace snoop;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> keys(const CountTable &table, SortOrder order)
{
    std::vector<std::string> all;
    for (const CountRow &count : table.sorted(order))
        all.emplace_back(count.key);
    return all;
}

CountTable three()
{
    CountTable table;
    table.set("ant", 5);
    table.set("bee", 1);
    table.set("cat", 4);
    table.end_interval(2);
    return table;
}

TEST(CountTable, CountsRatesAndShares)
{
    CountTable table = three();
    table.set("ant", 6);
    table.end_interval(0.5);

    const auto all = table.sorted(SortOrder::count);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].key, "ant");
    EXPECT_EQ(all[0].count, 6u);
    EXPECT_EQ(all[0].delta, 1u);
    EXPECT_DOUBLE_EQ(all[0].rate, 2);
    EXPECT_DOUBLE_EQ(all[0].share, 6.0 / 11);
    EXPECT_EQ(all[1].delta, 0u);
    EXPECT_EQ(table.total().count, 11u);
    EXPECT_EQ(table.total().delta, 1u);
    EXPECT_DOUBLE_EQ(table.total().rate, 2);
}

TEST(CountTable, Orders)
{
    CountTable table = three();

    EXPECT_THAT(keys(table, SortOrder::count), ElementsAre("ant", "cat", "bee"));
    EXPECT_THAT(keys(table, SortOrder::key), ElementsAre("ant", "bee", "cat"));
    table.set("bee", 9);
    table.set("cat", 5);
    table.end_interval(1);
    EXPECT_THAT(keys(table, SortOrder::rate), ElementsAre("bee", "cat", "ant"));
    // Equal counts are sorted by key.
    table.end_interval(1);
    EXPECT_THAT(keys(table, SortOrder::rate), ElementsAre("ant", "bee", "cat"));
}

// A map that grows while it is read may return a key twice, with a lower or higher sum.
TEST(CountTable, SumsNeverDecrease)
{
    CountTable table;
    table.set("ant", 5);
    table.set("ant", 3);
    table.end_interval(1);
    EXPECT_EQ(table.total().count, 5u);
    table.set("ant", 7);
    table.set("ant", 7);
    table.end_interval(1);
    EXPECT_EQ(table.total().count, 7u);
    EXPECT_EQ(table.total().delta, 2u);
}

TEST(CountTable, ClearRestartsAtZero)
{
    CountTable table = three();

    table.clear();
    EXPECT_THAT(table.sorted(SortOrder::count), IsEmpty());
    EXPECT_EQ(table.total().count, 0u);
    EXPECT_EQ(table.sum(), 10u);
    table.set("cat", 6);
    table.end_interval(1);
    EXPECT_THAT(keys(table, SortOrder::count), ElementsAre("cat"));
    EXPECT_EQ(table.sorted(SortOrder::count)[0].count, 2u);
    EXPECT_EQ(table.sum(), 12u);
}

constexpr std::uint64_t packets_and_bytes[][2] = {{3, 100}, {2, 900}, {1, 0}};

TEST(CountTable, SeveralMeasures)
{
    CountTable table{2};
    table.set("ant", packets_and_bytes[0]);
    table.set("bee", packets_and_bytes[1]);
    table.set("cat", packets_and_bytes[2]);
    table.end_interval(2);

    EXPECT_THAT(keys(table, SortOrder::count), ElementsAre("ant", "bee", "cat"));
    EXPECT_THAT(keys(table, SortOrder{SortOrder::count, 1}), ElementsAre("bee", "ant", "cat"));
    const auto by_bytes = table.sorted(SortOrder{SortOrder::count, 1});
    EXPECT_EQ(by_bytes[0].count, 2u);
    EXPECT_EQ(by_bytes[0].of(1).count, 900u);
    EXPECT_DOUBLE_EQ(by_bytes[0].of(1).rate, 450);
    EXPECT_DOUBLE_EQ(by_bytes[0].share, 0.9);
    EXPECT_DOUBLE_EQ(table.sorted(SortOrder::key)[0].share, 0.5);
    EXPECT_EQ(table.total().of(1).count, 1000u);
    EXPECT_EQ(table.sum(1), 1000u);
    // A measure that is 0 has no share.
    table.clear();
    const std::uint64_t one_packet[] = {4, 100};
    table.set("ant", one_packet);
    EXPECT_EQ(table.sorted(SortOrder{SortOrder::count, 1})[0].share, 0);
}

TEST(CountTable, EmptyTableAndNoTime)
{
    CountTable table;

    EXPECT_THAT(table.sorted(SortOrder::count), IsEmpty());
    table.set("ant", 1);
    table.end_interval(0);
    EXPECT_EQ(table.sorted(SortOrder::count)[0].rate, 0);
    EXPECT_EQ(table.total().rate, 0);
}

} // namespace
