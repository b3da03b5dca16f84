// SPDX-License-Identifier: BSD-2-Clause
// The options of opensnoop, set by main.cpp and used by the rows and hooks.
//     Options options;
//     const auto methods = attach_methods(session, options);
#pragma once

#include "base/condition.hpp"
#include "table/open_flags.hpp"

#include <string>
#include <vector>

namespace snoop::opensnoop {

enum class Probe { automatic, fentry, kprobe, raw_tracepoint, tracepoint };

struct Options {
    bool failed = false, extended = false, full_path = false;
    std::vector<Condition<std::string>> prefixes, suffixes;
    AnyOpenFlag flags, unwanted_flags;
    Probe probe = Probe::automatic;
};

} // namespace snoop::opensnoop
