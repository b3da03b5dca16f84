// SPDX-License-Identifier: BSD-2-Clause
// The accounting: their sums, in text and in JSON.
#include "libbpf/event_counters.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace snoop;

// Every number another one, and the sum right: 125 = 60 + 15 + 33 + 5 + 12.
EventCounters full_books()
{
    EventCounters accounting;
    accounting.kernel.count[SNOOP_SEEN] = 111;
    accounting.kernel.count[SNOOP_FILTERED] = 5;
    accounting.kernel.count[SNOOP_SEEN_AND_FILTERED] = 6;
    accounting.kernel.count[SNOOP_LOST_RING] = 16;
    accounting.kernel.count[SNOOP_LOST_MAP_FULL] = 5;
    accounting.kernel.count[SNOOP_LOST_SIZE] = 1;
    accounting.kernel.count[SNOOP_LOST_NO_BUFFER] = 3;
    accounting.kernel.count[SNOOP_TRUNCATED] = 7;
    accounting.kernel.count[SNOOP_FAULTED] = 9;
    accounting.kernel.count[SNOOP_DESCENDANTS_LOST] = 2;
    accounting.not_run = 8;
    accounting.printed = 60;
    accounting.filtered_by_reader = 4;
    accounting.received = 69;
    accounting.under_way = 12;
    return accounting;
}

std::string json_of(const EventCounters &accounting)
{
    Buffer out;
    accounting.put_json(out, "mysnoop");
    return {out.data(), out.size()};
}

TEST(EventCounters, Sums)
{
    const EventCounters accounting = full_books();

    EXPECT_EQ(accounting.seen(), 125u);
    EXPECT_EQ(accounting.filtered(), 15u);
    EXPECT_EQ(accounting.lost(), 33u);
    EXPECT_EQ(accounting.unshown(), 5u);
    EXPECT_EQ(accounting.seen(), accounting.printed + accounting.filtered() + accounting.lost() + accounting.unshown() +
                                     accounting.under_way);
}

TEST(EventCounters, WhatTheKernelSkipped)
{
    const auto skipped = [](std::vector<Misses> programs, std::uint64_t run_again) {
        return not_run(programs, run_again);
    };
    EXPECT_EQ(skipped({}, 0), 0u);
    EXPECT_EQ(skipped({{"a", 3}, {"b", 4}}, 0), 7u);
    // The second one has seen all, or all but one, of what the first one had not.
    EXPECT_EQ(skipped({{"a", 3}, {"a_backup", 1}}, 3), 0u);
    EXPECT_EQ(skipped({{"a_backup", 1}, {"a", 3}}, 2), 1u);
    // It does not say what it has made up for: at most what both have missed.
    EXPECT_EQ(skipped({{"a", 3}, {"a_backup", 2}}, 0), 2u);
    EXPECT_EQ(skipped({{"a", 1}, {"a_backup", 2}}, 0), 1u);
    // Two pairs, of which one says it.
    EXPECT_EQ(skipped({{"a", 5}, {"a_backup", 0}, {"b", 2}, {"b_backup", 1}, {"c", 1}}, 5), 2u);
    EXPECT_EQ(skipped({{"again", 2}}, 0), 2u);
    // What these miss is no event, or is found out otherwise.
    EXPECT_EQ(skipped({{"cleanup_x", 5}, {"x_kprobe", 1}, {"x_kretprobe", 7}}, 0), 1u);
}

TEST(EventCounters, TextNamesOnlyWhatThereIs)
{
    EventCounters accounting;
    EXPECT_EQ(accounting.as_text(), "seen 0 = printed 0 + filtered 0 + lost 0");

    accounting.kernel.count[SNOOP_SEEN] = 12;
    accounting.kernel.count[SNOOP_FILTERED] = 2;
    accounting.printed = accounting.received = 10;
    EXPECT_EQ(accounting.as_text(), "seen 12 = printed 10 + filtered 2 + lost 0");
}

TEST(EventCounters, TextNamesEveryCause)
{
    EXPECT_EQ(full_books().as_text(),
              "seen 125 = printed 60 + filtered 15 + lost 33 + after the end 5 + under way 12; lost, ring full: 16; "
              "lost, state full: 5; lost, too large: 1; lost, no buffer: 3; lost, not run: 8; truncated 7; "
              "processes not followed 2; faulted 9");
}

TEST(EventCounters, JsonHasEveryNumber)
{
    const std::string line = json_of(full_books());

    EXPECT_EQ(nlohmann::json::parse(line), nlohmann::json::parse(R"({
        "event": "accounting", "tool": "mysnoop", "seen": 125, "printed": 60, "filtered": 15, "lost": 33, "after_end": 5,
        "under_way": 12, "lost_by": {"ring_full": 16, "state_full": 5, "too_large": 1, "no_buffer": 3, "not_run": 8},
        "truncated": 7, "faulted": 9, "not_followed": 2})"));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(EventCounters, JsonOfNothing)
{
    const auto json = nlohmann::json::parse(json_of(EventCounters{}));

    EXPECT_EQ(json["seen"], 0);
    EXPECT_EQ(json["lost"], 0);
    EXPECT_EQ(json["lost_by"]["ring_full"], 0);
}

TEST(EventCounters, LargeNumbers)
{
    EventCounters accounting;
    accounting.kernel.count[SNOOP_SEEN] = UINT64_MAX;
    EXPECT_EQ(nlohmann::json::parse(json_of(accounting))["seen"], UINT64_MAX);
}

} // namespace
