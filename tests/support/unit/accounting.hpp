// SPDX-License-Identifier: BSD-2-Clause
// Counters for a test, and the accounting summary as a tool prints it with -o json.
//     EXPECT_EQ(json_of(event_accounting("mysnoop", counters_of({{SNOOP_SEEN, 3}}), {})), "{…}\n");
#pragma once

#include "libbpf/accounting.hpp"
#include "libbpf/event_counters.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

// Counters of the programs by index; the others are 0. `skipped` and `in_flight` come from elsewhere.
inline snoop::EventCounters counters_of(std::initializer_list<std::pair<std::size_t, std::uint64_t>> counts,
                                        std::uint64_t skipped = 0, std::uint64_t in_flight = 0)
{
    snoop::EventCounters counters;
    for (const auto &[index, count] : counts)
        counters.kernel.count[index] = count;
    counters.skipped = skipped;
    counters.in_flight = in_flight;
    return counters;
}

inline std::string json_of(const snoop::Accounting &sum)
{
    snoop::Buffer out;
    sum.put_json(out);
    return {out.data(), out.size()};
}
