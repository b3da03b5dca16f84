// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/histogram.hpp"

#include <algorithm>
#include <iterator>

namespace snoop::funclat {
namespace {

constexpr std::size_t bar_columns = 40;

std::size_t digits(std::uint64_t number) { return fmt::formatted_size("{}", number); }

} // namespace

void put_histogram(Buffer &out, std::span<const __u64> slots, std::string_view unit, Bars bars)
{
    const auto is_used = [](__u64 count) { return count > 0; };
    const auto first = std::ranges::find_if(slots, is_used);
    if (first == slots.end())
        return;
    const auto last = std::ranges::find_if(slots.rbegin(), slots.rend(), is_used).base();
    const auto from = static_cast<std::size_t>(first - slots.begin()),
               to = static_cast<std::size_t>(last - slots.begin());
    const std::uint64_t largest = *std::ranges::max_element(slots);
    const std::size_t low = std::max<std::size_t>(digits(slot_low(to - 1)), 10),
                      high = std::max<std::size_t>(digits(slot_high(to - 1)), 10),
                      count = std::max<std::size_t>(digits(largest), 8);
    const auto line = std::back_inserter(out);

    fmt::format_to(line, "{:>{}} : {:<{}} distribution\n", unit, low + 4 + high, "count", count);
    for (std::size_t slot = from; slot < to; slot++) {
        const double share = static_cast<double>(slots[slot]) / static_cast<double>(largest);
        fmt::format_to(line, "{:>{}} -> {:<{}} : {:<{}} |", slot_low(slot), low, slot_high(slot), high, slots[slot],
                       count);
        const std::size_t used = append_bar(out, share * bar_columns, '*', bars);
        fmt::format_to(line, "{:{}}|\n", "", bar_columns - used);
    }
}

const Columns<Slot> &Slot::columns()
{
    static const Columns<Slot> all{
        {json_only<Slot>("lo", "Smallest value of the slot.", [](const Slot &s) { return s.low; }),
         json_only<Slot>("hi", "Largest value of the slot.", [](const Slot &s) { return s.high; }),
         json_only<Slot>("count", "Calls that took a time in this range.", [](const Slot &s) { return s.count; })}};
    return all;
}

std::vector<Slot> used_slots(std::span<const __u64> slots)
{
    std::vector<Slot> used;

    for (std::size_t slot = 0; slot < slots.size(); slot++)
        if (slots[slot] > 0)
            used.push_back({slot_low(slot), slot_high(slot), slots[slot]});
    return used;
}

} // namespace snoop::funclat
