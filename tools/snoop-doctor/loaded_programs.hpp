// SPDX-License-Identifier: BSD-2-Clause
// Lists the BPF programs of the whole system with their owners, and measures their cost.
//     std::vector<LoadedProgram> programs = loaded_programs();
//     measure(programs, std::chrono::seconds{1});   // the most expensive one first
#pragma once

#include "snoop-doctor/system_checks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

enum class HeldBy {
    process, // that has a descriptor of the program or of its link
    pin,     // a file of bpffs
    other    // what it is attached to, a map, or a process that cannot be seen from here
};

struct ProgramCost {
    std::uint64_t runs, run_ns;
    double seconds; // of the measurement

    [[nodiscard]] double runs_per_s() const { return static_cast<double>(runs) / seconds; }
    // 100 is one CPU.
    [[nodiscard]] double cpu_percent() const { return static_cast<double>(run_ns) / seconds / 1e7; }
};

struct LoadedProgram {
    std::uint32_t id;
    std::string name, type; // "on_exec", "raw_tracepoint"
    HeldBy held_by;
    std::size_t holders = 0;           // how many processes hold it
    std::optional<pid_t> pid{};        // the first of them
    std::string comm{};                // its name
    std::optional<ProgramCost> cost{}; // nothing if the kernel does not count, as before 5.8
    std::uint64_t skipped = 0;         // recursion_misses, since it was loaded
};

// Sorted by id. Throws Error (exit 3), which begins with `who`, if this user may not ask the kernel about programs.
std::vector<LoadedProgram> loaded_programs(std::string_view who);

// The check that says how many programs are loaded, and by whom.
constexpr std::string_view programs_check = "programs";
Check check_programs();

// Lets the kernel count and time all programs for this long (bpf_enable_stats), and sorts them by their share of the
// CPU. Those that are unloaded meanwhile are removed.
void measure(std::vector<LoadedProgram> &programs, std::chrono::milliseconds time);

} // namespace snoop
