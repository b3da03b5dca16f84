// SPDX-License-Identifier: BSD-2-Clause
// Counts by powers of two, as bpf/funclat/log2.bpf.h sorts values into slots: slot 0 has 0 and
// 1, slot n has 2^n to 2^(n+1)-1.
//     put_histogram(out, slots, "ns");      // a line for each slot, with a bar
#pragma once

#include "base/escape.hpp"
#include "table/columns.hpp"

#include <linux/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace snoop::funclat {

constexpr std::uint64_t slot_low(std::size_t slot) { return slot ? std::uint64_t{1} << slot : 0; }
constexpr std::uint64_t slot_high(std::size_t slot) { return (std::uint64_t{2} << slot) - 1; } // of slot 63 all bits

// A line of titles, and one for each slot from the first that has a count to the last. Of
// no counts at all, nothing. There are at most 64 slots.
void put_histogram(Buffer &out, std::span<const __u64> slots, std::string_view unit);

// A slot as JSON shows it.
struct Slot {
    std::uint64_t low, high, count;

    static const Columns<Slot> &columns();
};

// The slots that have a count.
std::vector<Slot> used_slots(std::span<const __u64> slots);

} // namespace snoop::funclat
