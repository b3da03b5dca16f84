// SPDX-License-Identifier: BSD-2-Clause
// Lists the BPF programs of running snoopkit tools, and measures their cost.
//     for (const RunningProgram &p : measure_programs({"execsnoop"}, std::chrono::seconds{1})) use(p.runs);
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct RunningProgram {
    std::string tool; // the name of the process
    pid_t pid;
    std::uint32_t id;
    std::string name, type; // "on_exec", "raw_tracepoint"
    std::uint64_t runs;     // during the measurement
    std::uint64_t run_ns;   // of all these runs
    std::uint64_t skipped;  // recursion_misses, since it was loaded
};

// Finds the programs held by processes with these names, and lets the kernel count and time them
// (bpf_enable_stats) for this long. Sorted by pid and ID. Returns at once if there are none; empty
// if the user may not see them.
std::vector<RunningProgram> measure_programs(const std::vector<std::string> &tools, std::chrono::milliseconds time);

} // namespace snoop
