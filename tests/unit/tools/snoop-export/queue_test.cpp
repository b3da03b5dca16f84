// SPDX-License-Identifier: BSD-2-Clause
// Batches by number, size and age; the bound of the queue; lines; the accounting line.
#include "forest/line_splitter.hpp"
#include "snoop-export/accounting.hpp"
#include "snoop-export/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr Clock::time_point start{1000s};
constexpr std::size_t ample = 1 << 20;

TEST(ExportQueue, IsReadyWhenOldEnough)
{
    Queue queue{ample, {.records = 3, .bytes = 10'000, .age = 1s}};

    EXPECT_FALSE(queue.ready_at());
    ASSERT_TRUE(queue.push("a", start));
    ASSERT_TRUE(queue.push("b", start + 900ms));
    EXPECT_FALSE(queue.is_ready(start + 999ms));
    EXPECT_TRUE(queue.is_ready(start + 1s));
    EXPECT_EQ(queue.batch_size(), 2U);
    queue.pop(1);
    EXPECT_FALSE(queue.is_ready(start + 1899ms));
    EXPECT_TRUE(queue.is_ready(start + 1900ms));
}

TEST(ExportQueue, IsReadyWithEnoughRecords)
{
    Queue queue{ample, {.records = 3, .bytes = 10'000, .age = 1s}};

    for (const char *text : {"a", "b", "c", "d"})
        ASSERT_TRUE(queue.push(text, start));
    EXPECT_TRUE(queue.is_ready(start));
    EXPECT_EQ(queue.batch_size(), 3U);
    queue.pop(3);
    EXPECT_FALSE(queue.is_ready(start));
    EXPECT_EQ(queue[0], "d");
}

TEST(ExportQueue, IsReadyWithEnoughBytes)
{
    Queue queue{ample, {.records = 100, .bytes = 1000, .age = 1s}};

    ASSERT_TRUE(queue.push(std::string(600, 'a'), start));
    EXPECT_FALSE(queue.is_ready(start));
    ASSERT_TRUE(queue.push(std::string(600, 'b'), start));
    EXPECT_TRUE(queue.is_ready(start));
    EXPECT_EQ(queue.batch_size(), 1U); // both exceed the size
    queue.pop(1);
    ASSERT_TRUE(queue.push(std::string(5000, 'c'), start));
    queue.pop(1);
    EXPECT_EQ(queue.batch_size(), 1U); // one that is too large is sent alone
}

TEST(ExportQueue, HasABound)
{
    Queue queue{10'000};
    std::size_t taken = 0;

    while (queue.push(std::string(500, 'x'), start))
        ASSERT_LT(taken++, 100U);
    EXPECT_GT(taken, 15U);
    EXPECT_EQ(queue.size(), taken);
    EXPECT_TRUE(queue.is_half_full());
    EXPECT_FALSE(queue.push(std::string(20'000, 'x'), start));
    queue.pop(1);
    EXPECT_TRUE(queue.push(std::string(500, 'y'), start));
    queue.pop(taken);
    EXPECT_EQ(queue.batch_size(), 0U);
    EXPECT_FALSE(queue.is_half_full());
}

TEST(ExportLines, AreSplit)
{
    LineSplitter splitter{8};
    std::vector<std::pair<std::string, bool>> lines;
    const auto take = [&](std::string_view line, bool is_cut) { lines.emplace_back(line, is_cut); };

    for (const char *chunk : {"on", "e\ntwo\n\n12345678\n1234", "56789\nthr", "ee", ""})
        splitter.feed(chunk, take);
    splitter.finish(take);
    splitter.finish(take);
    EXPECT_THAT(lines, ElementsAre(Pair("one", false), Pair("two", false), Pair("", false), Pair("12345678", false),
                                   Pair("12345678", true), Pair("three", false)));
}

TEST(ExportAccounting, NamesTheCauses)
{
    EXPECT_EQ(as_text({.sent = 3}, 3), "read 3 = sent 3 + queued 0 + dropped 0");
    EXPECT_EQ(as_text({.sent = 1, .queued = 2, .queue_full = 3, .rejected = 4, .invalid = 5}, 15),
              "read 15 = sent 1 + queued 2 + dropped 12; dropped, queue full: 3; dropped, rejected: 4; "
              "dropped, invalid: 5");
    EXPECT_EQ(
        as_text({.queued = 2, .damaged = 1, .spooled = 2, .former_sent = 3, .former_queued = 4, .former_dropped = 5},
                3),
        "read 3 = sent 0 + queued 2 + dropped 1; dropped, spool damaged: 1; spooled 2; sent of former runs 3; "
        "queued of former runs 4; dropped of former runs 5");
}

} // namespace
} // namespace snoop::snoop_export
