// SPDX-License-Identifier: BSD-2-Clause
// Counts of calls by their times, in slots that are at most an eighth wide (eighth_slot() of
// bpf/funclat/log2.bpf.h). Percentiles and histograms are made from them.
//     SlotCounts counts;
//     counts.add(slot, 3);
//     counts.percentile_ns(99, unit, longest_ns);
#pragma once

#include <linux/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

namespace snoop::funclat {

// The unit of times and histograms. Slots count in the unit divided by 2^shift, so that times below
// one unit are told apart, too.
struct TimeUnit {
    std::string_view name; // "us"
    std::uint64_t ns;
    unsigned shift;

    // A power of two of the unit divided by 2^shift.
    [[nodiscard]] double seconds_of(unsigned power) const
    {
        return static_cast<double>(std::uint64_t{1} << power) * static_cast<double>(ns) /
               static_cast<double>(std::uint64_t{1} << shift) / 1e9;
    }
};

constexpr TimeUnit nanoseconds{"ns", 1, 0}, microseconds{"us", 1'000, 10}, milliseconds{"ms", 1'000'000, 20};

// The smallest and the largest value of a slot, in the unit divided by 2^shift.
constexpr std::uint64_t eighth_low(std::uint32_t slot)
{
    return slot < 8 ? slot : std::uint64_t{8 + slot % 8} << (slot / 8 - 1);
}
constexpr std::uint64_t eighth_high(std::uint32_t slot)
{
    return slot < 8 ? slot : eighth_low(slot) + ((std::uint64_t{1} << (slot / 8 - 1)) - 1);
}

class SlotCounts {
public:
    void add(std::uint32_t slot, std::uint64_t count);

    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    // The counts of all slots below that power of two, of the unit divided by 2^shift.
    [[nodiscard]] std::uint64_t below(unsigned power) const;

    // The time, in nanoseconds, that at least `percent` percent of the calls did not exceed: the end of a
    // slot, so at most an eighth too large, and never above the longest call. 0 without calls.
    [[nodiscard]] std::uint64_t percentile_ns(unsigned percent, TimeUnit unit, std::uint64_t longest_ns) const;

    // The slots of put_histogram(): powers of two of the unit.
    [[nodiscard]] std::array<__u64, 64> powers_of_two(TimeUnit unit) const;

private:
    std::map<std::uint32_t, std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

} // namespace snoop::funclat
