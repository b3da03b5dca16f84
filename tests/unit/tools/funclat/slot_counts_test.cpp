// SPDX-License-Identifier: BSD-2-Clause
// Percentiles and histograms of funclat, from slots that are an eighth wide.
#include "funclat/slot_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace snoop::funclat {
namespace {

// Does what in_slot_units() and eighth_slot() of the programs do.
std::uint32_t slot_of(std::uint64_t ns, TimeUnit unit)
{
    const std::uint64_t value = ((ns / unit.ns) << unit.shift) + ((ns % unit.ns) << unit.shift) / unit.ns;
    if (value < 8)
        return static_cast<std::uint32_t>(value);
    const auto power = static_cast<std::uint32_t>(std::bit_width(value)) - 1;
    return (power - 2) * 8 + static_cast<std::uint32_t>(value >> (power - 3) & 7);
}

TEST(SlotCounts, SlotsAreAnEighthWide)
{
    EXPECT_EQ(eighth_low(0), 0u);
    EXPECT_EQ(eighth_high(495), UINT64_MAX);
    for (std::uint32_t slot = 1; slot < 496; slot++) {
        EXPECT_EQ(eighth_low(slot), eighth_high(slot - 1) + 1);
        EXPECT_EQ(slot_of(eighth_low(slot), nanoseconds), slot);
        EXPECT_EQ(slot_of(eighth_high(slot), nanoseconds), slot);
        EXPECT_LE((eighth_high(slot) - eighth_low(slot)) * 8, eighth_low(slot));
    }
}

// Against a sorted list: a percentile is never too small, and at most an eighth too large.
TEST(SlotCounts, PercentilesAreWithinAnEighth)
{
    std::mt19937_64 random{7};
    for (const TimeUnit unit : {nanoseconds, microseconds, milliseconds})
        for (int round = 0; round < 50; round++) {
            std::vector<std::uint64_t> times(1 + random() % 400);
            SlotCounts counts;
            for (std::uint64_t &ns : times) {
                ns = 16 + (random() >> (8 + random() % 56));
                counts.add(slot_of(ns, unit), 1);
            }
            std::ranges::sort(times);
            for (const unsigned percent : {50U, 90U, 99U, 100U}) {
                const auto rank = (times.size() * percent + 99) / 100;
                const std::uint64_t truth = times.at(rank - 1);
                const std::uint64_t said = counts.percentile_ns(percent, unit, times.back());
                EXPECT_GE(said, truth) << unit.name << " p" << percent;
                EXPECT_LE(static_cast<double>(said - truth), static_cast<double>(truth) / 8 + 1)
                    << unit.name << " p" << percent;
                EXPECT_LE(said, times.back());
            }
        }
}

TEST(SlotCounts, OneCallIsExact)
{
    SlotCounts counts;
    counts.add(slot_of(12'345, microseconds), 1);
    EXPECT_EQ(counts.percentile_ns(50, microseconds, 12'345), 12'345u);
}

TEST(SlotCounts, WithoutCalls)
{
    EXPECT_EQ(SlotCounts{}.percentile_ns(99, nanoseconds, 0), 0u);
    EXPECT_EQ(SlotCounts{}.total(), 0u);
}

// The histogram is the same as if each time were divided by the unit, and its highest bit taken.
TEST(SlotCounts, HistogramHasPowersOfTwoOfTheUnit)
{
    std::mt19937_64 random{8};
    for (const TimeUnit unit : {nanoseconds, microseconds, milliseconds}) {
        std::array<__u64, 64> expected{};
        SlotCounts counts;
        const auto add = [&](std::uint64_t ns) {
            const std::uint64_t in_unit = ns / unit.ns;
            expected.at(in_unit ? static_cast<std::size_t>(std::bit_width(in_unit)) - 1 : 0)++;
            counts.add(slot_of(ns, unit), 1);
        };
        for (unsigned power = 0; power < 43; power++)
            for (const std::uint64_t ns :
                 {(std::uint64_t{1} << power) * unit.ns - 1, (std::uint64_t{1} << power) * unit.ns})
                add(ns);
        for (int i = 0; i < 1000; i++)
            add(random() >> (1 + random() % 59)); // 2^63 ns are 292 years
        EXPECT_EQ(counts.powers_of_two(unit), expected) << unit.name;
    }
}

} // namespace
} // namespace snoop::funclat
