// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary of funclat: what became of each call that its programs saw.
//     latency_accounting("funclat", counters, sums, is_timed).print(format);
#pragma once

#include "libbpf/accounting.hpp"
#include "libbpf/event_counters.hpp"
#include <snoop/funclat.h>

#include <cstdint>
#include <string_view>

namespace snoop::funclat {

// Rows of --slower.
struct SlowCounts {
    std::uint64_t printed = 0, lost = 0;
};

// The accounting summary of funclat, from the sums of all intervals and functions.
Accounting latency_accounting(std::string_view tool, const EventCounters &counters, const funclat_stats &sums,
                              bool is_timed, std::uint64_t others = 0, SlowCounts slow = {});

} // namespace snoop::funclat
