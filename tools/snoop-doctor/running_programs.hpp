// SPDX-License-Identifier: BSD-2-Clause
// BPF programs that tools of the kit have loaded at this moment, and what they cost.
//     for (const RunningProgram &p : measure_programs(tools, std::chrono::seconds{1})) …
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct RunningProgram {
    std::string tool; // the process's name, and its id
    pid_t pid;
    std::uint32_t id;
    std::string name, type; // "on_exec", "raw_tracepoint"
    std::uint64_t runs;     // in the time that was measured
    std::uint64_t run_ns;   // of all of these
    std::uint64_t skipped;  // recursion_misses, since it was loaded
};

// Programs that a process named as one of `tools` holds, counted and timed by the kernel
// (bpf_enable_stats) for that long; not at all if there are none. Sorted by pid and id.
// Empty, too, for a user who may not look.
std::vector<RunningProgram> measure_programs(std::span<const std::string_view> tools, std::chrono::milliseconds time);

} // namespace snoop
