// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/slot_counts.hpp"

#include <algorithm>
#include <bit>

namespace snoop::funclat {
namespace {

__extension__ using Wide = unsigned __int128;

// The largest time whose value is not above `value`.
std::uint64_t largest_ns(std::uint64_t value, TimeUnit unit)
{
    const Wide ns = ((Wide{value} + 1) * unit.ns - 1) >> unit.shift;

    return static_cast<std::uint64_t>(std::min<Wide>(ns, UINT64_MAX));
}

} // namespace

void SlotCounts::add(std::uint32_t slot, std::uint64_t count)
{
    if (count == 0)
        return;
    counts_[slot] += count;
    total_ += count;
}

std::uint64_t SlotCounts::below(unsigned power) const
{
    std::uint64_t sum = 0;

    for (const auto &[slot, count] : counts_)
        if (eighth_high(slot) < std::uint64_t{1} << power)
            sum += count;
    return sum;
}

std::uint64_t SlotCounts::percentile_ns(unsigned percent, TimeUnit unit, std::uint64_t longest_ns) const
{
    const auto rank = static_cast<std::uint64_t>((Wide{total_} * percent + 99) / 100);
    std::uint64_t below = 0;

    for (const auto &[slot, count] : counts_) {
        below += count;
        if (below >= rank)
            return std::min(largest_ns(eighth_high(slot), unit), longest_ns);
    }
    return longest_ns;
}

std::array<__u64, 64> SlotCounts::powers_of_two(TimeUnit unit) const
{
    std::array<__u64, 64> powers{};

    for (const auto &[slot, count] : counts_) {
        const std::uint64_t in_unit = eighth_low(slot) >> unit.shift;
        powers.at(in_unit > 0 ? static_cast<std::size_t>(std::bit_width(in_unit)) - 1 : 0) += count;
    }
    return powers;
}

} // namespace snoop::funclat
