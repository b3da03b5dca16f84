// SPDX-License-Identifier: BSD-2-Clause
// The options that say which opens are traced, and by which hooks.
//     OpenOptions options;
//     options.add_flags_to(cli);
//     options.add_probe_to(cli);
#pragma once

#include "base/condition.hpp"
#include "table/open_flags.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

class Cli;

enum class OpenProbe { automatic, fentry, kprobe, raw_tracepoint, tracepoint };

struct OpenOptions {
    bool failed = false; // -x: only those
    std::vector<Condition<std::string>> prefixes, suffixes;
    AnyOpenFlag flags, unwanted_flags;
    OpenProbe probe = OpenProbe::automatic;

    // --flags, --probe.
    void add_flags_to(Cli &cli);
    void add_probe_to(Cli &cli);
};

// A parser for --path and --suffix: strings of at most `most` bytes, which the kernel compares.
std::function<std::string(std::string_view option, const std::string &text)> at_most(std::size_t most);

} // namespace snoop
