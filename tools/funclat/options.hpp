// SPDX-License-Identifier: BSD-2-Clause
// The options of funclat, set by main.cpp and used by the hooks and the view.
//     Options options;
//     const auto methods = attach_methods(tracer, options, target);
#pragma once

#include "funclat/latency_view.hpp"

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

    [[nodiscard]] TimeUnit unit() const
    {
        return milliseconds ? TimeUnit{"ms", 1'000'000} : microseconds ? TimeUnit{"us", 1'000} : TimeUnit{"ns", 1};
    }
};

} // namespace snoop::funclat
