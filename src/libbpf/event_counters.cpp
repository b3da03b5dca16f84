// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/event_counters.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/per_cpu.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <vector>

namespace snoop {
namespace {

std::vector<Misses> misses_in(bpf_object *object)
{
    std::vector<Misses> all;
    bpf_program *program = nullptr;

    bpf_object__for_each_program(program, object) if (bpf_program__fd(program) >= 0)
        all.push_back({bpf_program__name(program), misses_of(program)});
    return all;
}

bool sees_events(const std::string &program)
{
    return !program.starts_with("cleanup_") && !program.ends_with("_kretprobe");
}

} // namespace

std::uint64_t misses_of(const bpf_program *program)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);

    return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.recursion_misses : 0;
}

std::uint64_t skipped_events(std::span<const Misses> programs, std::uint64_t backup_ran)
{
    std::uint64_t single = 0, first = 0, both = 0;

    for (const auto &[name, count] : programs) {
        const auto backup = std::ranges::find(programs, name + "_backup", &Misses::program);
        if (backup != programs.end()) {
            first += count;
            both += std::min(count, backup->count);
        } else if (!name.ends_with("_backup") && sees_events(name)) {
            single += count;
        }
    }
    return single + std::min(both, first - std::min(first, backup_ran));
}

EventCounters read_counters(bpf_object *object, const bpf_map *in_flight)
{
    EventCounters counters;

    for (const auto &one : read_per_cpu<snoop_counters>(bpf_object__find_map_by_name(object, "counters"), 0))
        for (std::size_t i = 0; i < SNOOP_COUNTS; i++)
            counters.kernel.count[i] += one.count[i];
    counters.skipped = skipped_events(misses_in(object), counters[SNOOP_BACKUP_RAN]);
    counters.in_flight = in_flight ? count_entries(in_flight) : 0;
    return counters;
}

} // namespace snoop
