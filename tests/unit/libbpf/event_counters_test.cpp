// SPDX-License-Identifier: BSD-2-Clause
// The counters of the programs, and of the events that the kernel skipped.
#include "libbpf/event_counters.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace snoop {
namespace {

TEST(EventCounters, Sums)
{
    EventCounters counters;
    counters.kernel.count[SNOOP_SEEN] = 111;
    counters.kernel.count[SNOOP_FILTERED] = 5;
    counters.kernel.count[SNOOP_SEEN_AND_FILTERED] = 6;
    counters.skipped = 8;

    EXPECT_EQ(counters.seen(), 125u);
    EXPECT_EQ(counters.filtered(), 11u);
    EXPECT_EQ(counters[SNOOP_FILTERED], 5u);
}

TEST(SkippedEvents, ProgramsWithoutBackup)
{
    EXPECT_EQ(skipped_events({}, 0), 0u);
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a", 3}, {"b", 4}}, 0), 7u);
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"backup", 2}}, 0), 2u);
}

TEST(SkippedEvents, CountsRunsOfBackups)
{
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a", 3}, {"a_backup", 1}}, 3), 0u);
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a_backup", 1}, {"a", 3}}, 2), 1u);
}

TEST(SkippedEvents, BackupsWithoutCount)
{
    // At most as many events as both missed.
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a", 3}, {"a_backup", 2}}, 0), 2u);
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a", 1}, {"a_backup", 2}}, 0), 1u);
}

TEST(SkippedEvents, OneOfTwoBackupsCounts)
{
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"a", 5}, {"a_backup", 0}, {"b", 2}, {"b_backup", 1}, {"c", 1}}, 5),
              2u);
}

TEST(SkippedEvents, IgnoresCleanupsAndReturns)
{
    EXPECT_EQ(skipped_events(std::vector<Misses>{{"cleanup_x", 5}, {"x_kprobe", 1}, {"x_kretprobe", 7}}, 0), 1u);
}

} // namespace
} // namespace snoop
