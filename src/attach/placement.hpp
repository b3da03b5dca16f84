// SPDX-License-Identifier: BSD-2-Clause
// Says which processes pay for breakpoints in a program or library.
//     report_placement(log, options, {}, {"/lib/libc.so.6"});
#pragma once

#include "attach/uprobe_event.hpp"
#include "cli/options.hpp"
#include "libbpf/log.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace snoop {

// "the probes slow every process that maps /lib/libc.so.6, by about 1.2 µs a call", where the scope is all processes;
// "the probes are in process 42 alone" else. `cost_ns` is what a call pays, if it was measured.
std::string describe_placement(UprobeScope scope, const std::set<std::string> &files,
                               std::optional<std::uint64_t> cost_ns = std::nullopt);

// Says so, except where every process is meant; only with -v if the scope is limited.
void report_placement(const Log &log, const CommonOptions &options, UprobeScope scope,
                      const std::set<std::string> &files, std::optional<std::uint64_t> cost_ns = std::nullopt);

} // namespace snoop
