// SPDX-License-Identifier: BSD-2-Clause
// Histograms with power-of-two slots, as filled by bpf/funclat/log2.bpf.h: slot 0 counts values 0
// and 1, slot n values from 2^n to 2^(n+1)-1.
//     put_histogram(out, slots, "ns", bars_of_locale());      // prints one line per slot, with a bar
#pragma once

#include "base/escape.hpp"
#include "table/bar.hpp"
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

// Prints a header and one line per slot, from the first to the last with a count. Prints nothing if
// all counts are 0. There are at most 64 slots.
void put_histogram(Buffer &out, std::span<const __u64> slots, std::string_view unit, Bars bars);

// A slot as JSON shows it.
struct Slot {
    std::uint64_t low, high, count;

    static const Columns<Slot> &columns();
};

// The slots that have a count.
std::vector<Slot> used_slots(std::span<const __u64> slots);

} // namespace snoop::funclat
