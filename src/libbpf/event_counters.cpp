// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/event_counters.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace snoop {
namespace {

struct Cause {
    std::string_view text, key;
    std::uint64_t count;
};

std::vector<Cause> causes(const EventCounters &counters)
{
    return {{"ring full", "ring_full", counters.kernel.count[SNOOP_LOST_RING]},
            {"state full", "state_full", counters.kernel.count[SNOOP_LOST_MAP_FULL]},
            {"too large", "too_large", counters.kernel.count[SNOOP_LOST_SIZE]},
            {"no buffer", "no_buffer", counters.kernel.count[SNOOP_LOST_NO_BUFFER]},
            {"not run", "not_run", counters.not_run + counters.kernel.count[SNOOP_MISSED]}};
}

std::vector<Misses> misses_in(bpf_object *object)
{
    std::vector<Misses> all;
    bpf_program *program = nullptr;

    bpf_object__for_each_program(program, object) if (bpf_program__fd(program) >= 0)
        all.push_back({bpf_program__name(program), misses_of(program)});
    return all;
}

// Entries of a map with keys of 8 bytes; 0 if there is no such map.
std::uint64_t entries_of(const bpf_object *object, const char *map)
{
    const int fd = bpf_object__find_map_fd_by_name(object, map);
    std::uint64_t count = 0, key = 0;

    for (bool first = true; fd >= 0 && bpf_map_get_next_key(fd, first ? nullptr : &key, &key) == 0; first = false)
        count++;
    return count;
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

std::uint64_t not_run(std::span<const Misses> programs, std::uint64_t run_again)
{
    std::uint64_t single = 0, first = 0, both = 0;

    for (const auto &[name, count] : programs) {
        const auto second = std::ranges::find(programs, name + "_backup", &Misses::program);
        if (second != programs.end()) {
            first += count;
            both += std::min(count, second->count);
        } else if (!name.ends_with("_backup") && sees_events(name)) {
            single += count;
        }
    }
    return single + std::min(both, first - std::min(first, run_again));
}

std::uint64_t EventCounters::lost() const
{
    std::uint64_t sum = 0;

    for (const Cause &cause : causes(*this))
        sum += cause.count;
    return sum;
}

std::string EventCounters::as_text() const
{
    std::string text = fmt::format("seen {} = printed {} + filtered {} + lost {}", seen(), printed, filtered(), lost());
    if (unshown() > 0)
        text += fmt::format(" + after the end {}", unshown());
    if (under_way > 0)
        text += fmt::format(" + under way {}", under_way);
    for (const Cause &cause : causes(*this))
        if (cause.count > 0)
            text += fmt::format("; lost, {}: {}", cause.text, cause.count);
    if (kernel.count[SNOOP_TRUNCATED] > 0)
        text += fmt::format("; truncated {}", kernel.count[SNOOP_TRUNCATED]);
    if (kernel.count[SNOOP_DESCENDANTS_LOST] > 0)
        text += fmt::format("; processes not followed {}", kernel.count[SNOOP_DESCENDANTS_LOST]);
    if (kernel.count[SNOOP_FAULTED] > 0)
        text += fmt::format("; faulted {}", kernel.count[SNOOP_FAULTED]);
    return text;
}

void EventCounters::put_json(Buffer &out, std::string_view tool) const
{
    JsonWriter json{out};
    json.begin_object().key("event").value("accounting").key("tool").value(tool);
    json.key("seen").value(seen()).key("printed").value(printed).key("filtered").value(filtered());
    json.key("lost").value(lost()).key("after_end").value(unshown());
    json.key("under_way").value(under_way).key("lost_by").begin_object();
    for (const Cause &cause : causes(*this))
        json.key(cause.key).value(cause.count);
    json.end_object();
    json.key("truncated").value(std::uint64_t{kernel.count[SNOOP_TRUNCATED]});
    json.key("faulted").value(std::uint64_t{kernel.count[SNOOP_FAULTED]});
    json.key("not_followed").value(std::uint64_t{kernel.count[SNOOP_DESCENDANTS_LOST]});
    json.end_object();
    out.push_back('\n');
}

void EventCounters::read_kernel(bpf_object *object)
{
    const int cpus = libbpf_num_possible_cpus();
    std::vector<snoop_counters> per_cpu(cpus > 0 ? static_cast<std::size_t>(cpus) : 1);
    const std::uint32_t zero = 0;

    if (bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "counters"), &zero, per_cpu.data()) != 0)
        throw Error{exit_runtime, "cannot read the event counters: {}", describe_errno(errno)};
    kernel = {};
    for (const snoop_counters &one : per_cpu)
        for (std::size_t i = 0; i < SNOOP_COUNTS; i++)
            kernel.count[i] += one.count[i];

    under_way = entries_of(object, "uring_calls");
    not_run = snoop::not_run(misses_in(object), kernel.count[SNOOP_BACKUP_RAN]);
}

} // namespace snoop
