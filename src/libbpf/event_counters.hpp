// SPDX-License-Identifier: BSD-2-Clause
// The books: every event that a hook saw is printed, filtered, lost by a named cause,
// or came after the end. The sum is stated when the tool ends.
//     counters.printed++;
//     log.line("{}", counters.as_text());   // "seen 12 = printed 10 + filtered 2 + lost 0"
#pragma once

#include "base/escape.hpp"
#include <snoop/record.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct bpf_object;
struct bpf_program;

namespace snoop {

// How often the kernel skipped a program (recursion_misses).
struct Misses {
    std::string program;
    std::uint64_t count;
};

// Of one program of a loaded object.
std::uint64_t misses_of(const bpf_program *program);

// Events that no program was run for. Of those of X, X_backup (bpf/lib/backup.bpf.h) has made up
// for `run_again`; where it does not count that, at most so many are left as both have missed.
// What X_kretprobe misses, X_kprobe finds in the map that it fills, and cleanup_X sees no events.
std::uint64_t not_run(std::span<const Misses> programs, std::uint64_t run_again);

struct EventCounters {
    // Counted by the programs.
    snoop_counters kernel{};
    std::uint64_t not_run = 0; // hits that the kernel skipped

    // Counted by the reader.
    std::uint64_t printed = 0;
    std::uint64_t filtered_by_reader = 0;
    std::uint64_t received = 0;  // events, not records, whatever became of them
    std::uint64_t under_way = 0; // whose end was not seen: still in the map `uring_calls`

    [[nodiscard]] std::uint64_t seen() const
    {
        return kernel.count[SNOOP_SEEN] + kernel.count[SNOOP_SEEN_AND_FILTERED] + not_run;
    }
    [[nodiscard]] std::uint64_t filtered() const
    {
        return kernel.count[SNOOP_FILTERED] + kernel.count[SNOOP_SEEN_AND_FILTERED] + filtered_by_reader;
    }
    [[nodiscard]] std::uint64_t lost() const;
    // Received, but after -c or after the pipe's reader had gone.
    [[nodiscard]] std::uint64_t unshown() const { return received - printed - filtered_by_reader; }

    [[nodiscard]] std::string as_text() const;
    // One object, with its line feed.
    void put_json(Buffer &out, std::string_view tool) const;

    // Sums the map `books` over all CPUs, and what the kernel skipped over all programs
    // of the object; counts what is under way. Throws Error (exit 1) if the kernel does not give them.
    void read_kernel(bpf_object *object);
};

} // namespace snoop
