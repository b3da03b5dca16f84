// SPDX-License-Identifier: BSD-2-Clause
// The BPF programs that running tools of the kit have loaded, and what they cost.
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
    std::uint64_t runs;     // while they were measured
    std::uint64_t run_ns;   // of all these runs
    std::uint64_t skipped;  // recursion_misses, since it was loaded
};

// The programs that processes with these names hold, as the kernel counts and times them
// (bpf_enable_stats) for so long, sorted by pid and id. Returns at once if there are none, and
// nothing to a user who may not see them.
std::vector<RunningProgram> measure_programs(const std::vector<std::string> &tools, std::chrono::milliseconds time);

} // namespace snoop
