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

// The members of funclat_stats that only grow. An interval is the difference of two readings.
template <class Each> void for_each_counter(funclat_stats &to, const funclat_stats &from, Each each)
{
    for (const auto counter :
         {&funclat_stats::calls, &funclat_stats::returned, &funclat_stats::missed, &funclat_stats::ended,
          &funclat_stats::unwound, &funclat_stats::untimed, &funclat_stats::sum_ns})
        each(to.*counter, from.*counter);
}

// The accounting summary of funclat, from the sums of all intervals and functions.
Accounting latency_accounting(std::string_view tool, const EventCounters &counters, const funclat_stats &sums,
                              bool is_timed, std::uint64_t others = 0, SlowCounts slow = {});

} // namespace snoop::funclat
