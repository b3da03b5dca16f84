// SPDX-License-Identifier: BSD-2-Clause
// The counters of the programs (bpf/lib/counters.bpf.h), and those that the kernel has of them.
//     const EventCounters counters = read_counters(skel.obj);
//     counters.seen();
#pragma once

#include <snoop/record.h>

#include <cstdint>
#include <span>
#include <string>

struct bpf_map;
struct bpf_object;
struct bpf_program;

namespace snoop {

struct EventCounters {
    snoop_counters kernel{};     // summed over all CPUs
    std::uint64_t skipped = 0;   // events for which the kernel ran no program
    std::uint64_t in_flight = 0; // events that had not ended when tracing did

    [[nodiscard]] std::uint64_t operator[](snoop_count what) const { return kernel.count[what]; }

    [[nodiscard]] std::uint64_t seen() const
    {
        return kernel.count[SNOOP_SEEN] + kernel.count[SNOOP_SEEN_AND_FILTERED] + skipped;
    }
    [[nodiscard]] std::uint64_t filtered() const
    {
        return kernel.count[SNOOP_FILTERED] + kernel.count[SNOOP_SEEN_AND_FILTERED];
    }
};

// Sums the map `counters` and finds out what the kernel skipped. `in_flight` is the map, if there
// is one, that holds an entry for each event that has begun and not ended.
// Throws Error (exit 1) if the kernel refuses to read the counters.
EventCounters read_counters(bpf_object *object, const bpf_map *in_flight = nullptr);

// How often the kernel skipped a program because it was running already (recursion_misses).
struct Misses {
    std::string program;
    std::uint64_t count;
};

std::uint64_t misses_of(const bpf_program *program);

// How many events no program ran for, from the misses of all programs of an object. The names of
// the programs say what a miss means:
// - X_backup ran for the events that X missed (bpf/lib/backup.bpf.h): `backup_ran` of them, where
//   it counts that; otherwise an event can be lost only if both missed it.
// - X_kretprobe: X_kprobe finds the call that it missed still in its map and counts it.
// - cleanup_X: it sees no events.
std::uint64_t skipped_events(std::span<const Misses> programs, std::uint64_t backup_ran);

} // namespace snoop
