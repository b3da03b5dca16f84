// SPDX-License-Identifier: BSD-2-Clause
#include "run/transport.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "libbpf/cgroup_names.hpp"
#include "libbpf/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::uint32_t cgroup_names_kept = 2048; // half as many before they are read

std::uint32_t page_bytes() { return static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE)); }

std::uint32_t online_cpus() { return static_cast<std::uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))); }

std::uint64_t memory_bytes() { return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes(); }

// 2 MiB per CPU, from 4 to 64 MiB, and at most 1/128 of the memory.
std::uint32_t default_bytes()
{
    const std::uint64_t wanted = std::clamp<std::uint64_t>(std::uint64_t{online_cpus()} << 21, 4u << 20, 64u << 20);

    return static_cast<std::uint32_t>(
        std::bit_floor(std::max<std::uint64_t>(std::min(wanted, memory_bytes() / 128), 65536)));
}

std::string size_reason(const CommonOptions &options)
{
    return options.ring_bytes ? "--ring-size"
                              : fmt::format("{} CPUs, {} MiB of memory", online_cpus(), memory_bytes() >> 20);
}

// -1 if the object does not have the map, or does not use it.
int map_fd(bpf_object *object, const char *name)
{
    const bpf_map *map = bpf_object__find_map_by_name(object, name);
    return map ? std::max(bpf_map__fd(map), -1) : -1;
}

} // namespace

void EventTransport::before_load(bpf_object *object, snoop_config &config)
{
    const bool has_ring = kernel::has_ring_buffer();

    if (options_.transport == Transport::ring && !has_ring)
        throw Error{exit_lacks, "this kernel has no ring buffer (Linux 5.8): omit --transport ring"};
    is_ring_ = has_ring && options_.transport != Transport::perf;
    // The helper that reads the boot clock came with the ring buffer.
    clock_ = has_ring ? CLOCK_BOOTTIME : CLOCK_MONOTONIC;
    const std::uint32_t all = std::max(options_.ring_bytes.value_or(default_bytes()), page_bytes());
    // libbpf opens perf buffers for the CPUs that are online now, and no others.
    bytes_ = is_ring_ ? all : std::bit_ceil(std::max(all / online_cpus(), page_bytes()));

    bpf_map *events = bpf_object__find_map_by_name(object, "events");
    if (is_ring_) {
        bpf_map__set_max_entries(events, bytes_);
        log_.detail("transport: ring buffer, {} KiB ({})", bytes_ / 1024, size_reason(options_));
    } else {
        bpf_map__set_type(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        bpf_map__set_key_size(events, sizeof(std::uint32_t));
        bpf_map__set_value_size(events, sizeof(std::uint32_t));
        bpf_map__set_max_entries(events, 0); // libbpf: as many as CPUs
        log_.detail("transport: perf buffers ({}), {} KiB per CPU ({})",
                    has_ring ? "--transport perf" : "this kernel has no ring buffer", bytes_ / 1024,
                    size_reason(options_));
    }
    create_map(bpf_object__find_map_by_name(object, "wakeups"), !is_ring_);

    config.use_ring = is_ring_;
    config.hold_wakeups = kernel::has_mmapable_arrays();
    config.boot_clock = has_ring;
    const bool needs_cgroups = options_.shows_cgroup() || options_.filters_places() || !options_.record.empty();
    config.whole_task =
        needs_cgroups || options_.format != Format::text || !options_.fields.empty() || !options_.otlp.url.empty();
    config.want_ancestors = options_.shows_ancestors() || !options_.record.empty();
    config.want_lineage = config.want_lineage || config.want_ancestors || needs_exec_ids_ || options_.shows_exec_ids();
    config.ring_bytes = bytes_;
    keep_cgroup_names(object, config, needs_cgroups ? cgroup_names_kept : 0);
}

void EventTransport::after_load(bpf_object *object, snoop_wake *wake)
{
    const int events = bpf_object__find_map_fd_by_name(object, "events");

    wake_ = wake;
    if (is_ring_) {
        source_ = ring_source(events, bytes_, wake);
    } else {
        const int wakeups = bpf_object__find_map_fd_by_name(object, "wakeups");
        source_ = perf_source({.events = events, .wakeups = wakeups}, bytes_, clock_, wake);
    }
    const int spilled = map_fd(object, "spilled");
    endings_ = map_fd(object, "endings");
    if (spilled >= 0) {
        const auto bytes = bpf_map__value_size(bpf_object__find_map_by_name(object, "spilled"));
        source_ = spill_source(std::move(source_), {spilled, bytes, endings_}, wake);
    }
}

// A process that has ended is at its last context switch after some microseconds, or after it has freed much
// memory.
void EventTransport::settle() const
{
    std::uint64_t key = 0;

    for (int ms = 0; ms < 100 && endings_ >= 0 && bpf_map_get_next_key(endings_, nullptr, &key) == 0; ms++)
        poll(nullptr, 0, 1);
}

void EventTransport::report_wakeups() const
{
    if (wake_)
        log_.detail("{} wake-ups", wake_->forced);
}

} // namespace snoop
