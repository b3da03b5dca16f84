// SPDX-License-Identifier: BSD-2-Clause
// The rows of an event tool: how many are printed, and the exact accounting summary.
#include "run/row_output.hpp"
#include "unit/accounting.hpp"
#include "unit/files.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>

namespace snoop {
namespace {

// All numbers differ, and add up: 125 = 60 + 15 + 33 + 5 + 12.
EventCounters all_counters()
{
    return counters_of({{SNOOP_SEEN, 111},
                        {SNOOP_FILTERED, 5},
                        {SNOOP_SEEN_AND_FILTERED, 6},
                        {SNOOP_LOST_RING, 16},
                        {SNOOP_LOST_MAP_FULL, 5},
                        {SNOOP_LOST_SIZE, 1},
                        {SNOOP_LOST_NO_BUFFER, 3},
                        {SNOOP_TRUNCATED, 7},
                        {SNOOP_FAULTED, 9},
                        {SNOOP_DESCENDANTS_LOST, 2},
                        {SNOOP_LINEAGES_LOST, 10}},
                       8, 12);
}

constexpr RowCounts all_rows{.received = 69, .printed = 60, .filtered = 4};

TEST(EventAccounting, TextNamesEveryCause)
{
    const Accounting sum = event_accounting("mysnoop", all_counters(), all_rows);

    EXPECT_EQ(sum.lost(), 33u);
    EXPECT_EQ(sum.as_text(),
              "seen 125 = printed 60 + filtered 15 + lost 33 + after stop 5 + in flight 12; lost, ring full: 16; "
              "lost, map full: 5; lost, too large: 1; lost, no buffer: 3; lost, missed: 8; truncated 7; faulted 9; "
              "descendants lost 2; lineages lost 10");
}

TEST(EventAccounting, TextOfAQuietRun)
{
    EXPECT_EQ(event_accounting("mysnoop", {}, {}).as_text(), "seen 0 = printed 0 + filtered 0 + lost 0");

    const auto counters = counters_of({{SNOOP_SEEN, 12}, {SNOOP_FILTERED, 2}});
    EXPECT_EQ(event_accounting("mysnoop", counters, {.received = 10, .printed = 10}).as_text(),
              "seen 12 = printed 10 + filtered 2 + lost 0");
}

TEST(EventAccounting, JsonHasEveryNumber)
{
    EXPECT_EQ(
        json_of(event_accounting("mysnoop", all_counters(), all_rows)),
        R"({"event":"accounting","tool":"mysnoop","seen":125,"printed":60,"filtered":15,"lost":33,)"
        R"("kept":0,"unwritten":0,"after_stop":5,"in_flight":12,"lost_by":{"ring_full":16,"map_full":5,"too_large":1,"no_buffer":3,)"
        R"("missed":8},"truncated":7,"faulted":9,"descendants_lost":2,"lineages_lost":10,"unrecorded":0})"
        "\n");
}

// The entry counted a return that no kretprobe saw as seen.
TEST(EventAccounting, MissedReturnsAreSeenAndLost)
{
    const auto counters = counters_of({{SNOOP_SEEN, 3}, {SNOOP_MISSED, 1}}, 1);
    EXPECT_EQ(event_accounting("mysnoop", counters, {.received = 2, .printed = 2}).as_text(),
              "seen 4 = printed 2 + filtered 0 + lost 2; lost, missed: 2");
}

TEST(RowOutput, StopsAtTheLimit)
{
    Pipe pipe;
    RowOutput rows{pipe.writes.get(), 2};

    EXPECT_TRUE(rows.take());
    rows.skip();
    EXPECT_FALSE(rows.is_full());
    EXPECT_TRUE(rows.take());
    EXPECT_TRUE(rows.is_full());
    EXPECT_FALSE(rows.take());
    EXPECT_EQ(rows.counts().received, 4u);
    EXPECT_EQ(rows.counts().printed, 2u);
    EXPECT_EQ(rows.counts().filtered, 1u);
    EXPECT_EQ(rows.counts().after_stop(), 1u);
}

TEST(RowOutput, DoesNotCountRowsAfterPipeClosed)
{
    signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    RowOutput rows{pipe.writes.get(), std::nullopt};

    EXPECT_TRUE(rows.take());
    append(rows.buffer(), "a row\n");
    rows.flush();
    EXPECT_TRUE(rows.take());
    append(rows.buffer(), "another row\n");
    pipe.reads.reset();
    rows.flush();
    EXPECT_TRUE(rows.is_full());
    EXPECT_EQ(rows.counts().printed, 1u);
    EXPECT_EQ(rows.counts().after_stop(), 1u);
}

TEST(EventAccounting, TextOfWhatCouldNotBeWritten)
{
    const auto counters = counters_of({{SNOOP_SEEN, 9}});
    EXPECT_EQ(
        event_accounting("mysnoop", counters, {.received = 9, .printed = 4, .unwritten = 5, .unrecorded = 7}).as_text(),
        "seen 9 = printed 4 + filtered 0 + lost 0 + unwritten 5; unrecorded 7");
}

TEST(RowOutput, CountsRowsThatAFullDiskDidNotTake)
{
    const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    RowOutput rows{full.get(), std::nullopt};

    append(rows.buffer(), "THE HEADER\n");
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(rows.take());
        append(rows.buffer(), "a row\n");
    }
    EXPECT_NO_THROW(rows.flush());
    ASSERT_TRUE(rows.failure().has_value());
    EXPECT_TRUE(rows.is_full());
    EXPECT_FALSE(rows.take());
    EXPECT_EQ(rows.counts().printed, 0u);
    EXPECT_EQ(rows.counts().unwritten, 3u);
    EXPECT_EQ(rows.counts().after_stop(), 0u);
}

TEST(RowOutput, HoldsRowsUntilTheyAreAskedFor)
{
    Pipe pipe;
    RowOutput rows{pipe.writes.get(), std::nullopt};
    const auto add = [&rows](const char *row) {
        ASSERT_TRUE(rows.take());
        append(rows.buffer(), row);
    };

    rows.keep({.bytes = 1 << 20, .age = std::nullopt});
    append(rows.buffer(), "THE HEADER\n");
    rows.flush();
    add("one\n");
    rows.flush();
    add("two\n");
    EXPECT_EQ(rows.counts().printed, 0u);
    rows.write_kept();
    EXPECT_EQ(rows.counts().printed, 2u);
    add("three\n");
    rows.flush();
    EXPECT_EQ(rows.counts().kept, 1u);
    EXPECT_EQ(rows.counts().after_stop(), 0u);
    pipe.writes.reset();
    EXPECT_EQ(read_all(pipe.reads.get()), "THE HEADER\none\ntwo\n");
}

// As many as one drain of the ring may have.
TEST(RowOutput, HoldsTheLastRowsOfALargeFlush)
{
    Pipe pipe;
    RowOutput rows{pipe.writes.get(), std::nullopt};

    rows.keep({.bytes = 16 << 10, .age = std::nullopt});
    for (int i = 0; i < 10'000; i++) {
        ASSERT_TRUE(rows.take());
        append(rows.buffer(), fmt::format("row {}\n", i));
        rows.flush_if_large();
    }
    rows.write_kept();
    pipe.writes.reset();
    const std::string written = read_all(pipe.reads.get());
    EXPECT_TRUE(written.ends_with("row 9999\n"));
    EXPECT_GT(written.size(), std::size_t{15 << 10});
}

TEST(RowOutput, CountsHeldRowsThatNobodyReads)
{
    signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    RowOutput rows{pipe.writes.get(), std::nullopt};

    rows.keep({.bytes = 1 << 20, .age = std::nullopt});
    ASSERT_TRUE(rows.take());
    append(rows.buffer(), "a row\n");
    pipe.reads.reset();
    rows.write_kept();
    EXPECT_TRUE(rows.is_full());
    EXPECT_EQ(rows.counts().printed, 0u);
    EXPECT_EQ(rows.counts().kept, 0u);
    EXPECT_EQ(rows.counts().after_stop(), 1u);
}

TEST(EventAccounting, TextOfWhatWasHeld)
{
    const auto counters = counters_of({{SNOOP_SEEN, 9}});
    EXPECT_EQ(event_accounting("mysnoop", counters, {.received = 9, .printed = 4, .kept = 5}).as_text(),
              "seen 9 = printed 4 + filtered 0 + lost 0 + kept 5");
}

} // namespace
} // namespace snoop
