// SPDX-License-Identifier: BSD-2-Clause
// The options of funclat, set by main.cpp and used by the hooks and the view.
//     Options options;
//     const auto methods = attach_methods(tracer, options, target);
#pragma once

#include "count/counter_map.hpp"
#include "funclat/slot_counts.hpp"
#include <snoop/funclat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snoop::funclat {

enum class Probe { automatic, fentry, kprobe, uprobe, uretprobe };

struct Options {
    std::vector<std::string> functions;
    Probe probe = Probe::automatic;
    bool microseconds = false, milliseconds = false;
    bool gross = false; // show times with what the probes add to them
    std::optional<double> interval_s;
    bool histograms = false, count = false;
    std::optional<std::uint64_t> slower_ns; // calls that take so long get a row of their own
    funclat_by by = FUNCLAT_BY_FUNCTION;
    MapOptions map;

    [[nodiscard]] TimeUnit unit() const
    {
        return milliseconds ? funclat::milliseconds : microseconds ? funclat::microseconds : nanoseconds;
    }
};

} // namespace snoop::funclat
