// SPDX-License-Identifier: BSD-2-Clause
#include "run/tracer.hpp"
#include "kernel/features.hpp"
#include "libbpf/task_filters.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

// The file descriptor that SNOOP_READY_FD names, for telling a script that tracing
// began; -1 if there is none. The command of `-- CMD` does not inherit it.
int ready_fd()
{
    const char *text = std::getenv("SNOOP_READY_FD");
    if (!text)
        return -1;
    const std::string_view number{text};
    int fd = -1;
    const auto [stop, err] = std::from_chars(number.data(), number.data() + number.size(), fd);
    if (err != std::errc{} || stop != number.data() + number.size() || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        throw Error{exit_usage, "SNOOP_READY_FD: '{}' is no open file descriptor", number};
    return fd;
}

void tell_ready(int fd)
{
    if (fd >= 0 && write(fd, "\n", 1) != 1)
        throw Error{exit_usage, "SNOOP_READY_FD: cannot write to {}: {}", fd, describe_errno(errno)};
}

} // namespace

namespace {

// Before 6.1 the kernel warns, for all to see, of hashes for which a tracing program would have
// to allocate memory when it may not. There it is taken beforehand: for a set of tasks no more
// than this, for a per-CPU hash, which counts, all that the user wants.
constexpr std::uint64_t memory_beforehand = 4u << 20;

void allocate_beforehand(bpf_map *map)
{
    constexpr std::uint64_t of_entry = 64; // what the kernel adds, about (kernel/bpf/hashtab.c, struct htab_elem)
    const std::uint64_t bytes = of_entry + bpf_map__key_size(map) + bpf_map__value_size(map);

    bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~BPF_F_NO_PREALLOC);
    if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
        bpf_map__set_max_entries(
            map, std::min(bpf_map__max_entries(map), static_cast<std::uint32_t>(memory_beforehand / bytes)));
}

bool is_hash(const bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_HASH || bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH;
}

} // namespace

void wait_for_running_programs() { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0); }

Tracer::Tracer(const ToolInfo &info, const CommonOptions &options)
    : info_(info), options_(options), log_(info.name, options.verbose)
{}

void Tracer::prepare(What what)
{
    if (what == What::packets)
        kernel::require_network_bpf(std::string{info_.name});
    else
        kernel::require_bpf(std::string{info_.name}, options_.btf);
    ready_fd_ = ready_fd();
    types_.emplace();
    if (!options_.command.empty())
        command_.emplace(options_.command);
}

void Tracer::set_up(bpf_object *object, snoop_config &config) const
{
    config.boot_clock = kernel::has_ring_buffer(); // as old as the clock's helper
    config.own_btf = kernel::has_btf();
    enable_filters(options_, object, config);
    for (const char *name : {"descendants_fork", "descendants_exit"})
        if (bpf_program *program = bpf_object__find_program_by_name(object, name))
            bpf_program__set_autoload(program, command_.has_value());
}

void Tracer::choose_backups(bpf_object *object, snoop_config &config) const
{
    config.has_backups = kernel::may_preempt_programs();
    create_map(bpf_object__find_map_by_name(object, "execs_claimed"), config.has_backups);
    bpf_program *first = nullptr;
    bpf_object__for_each_program(first, object) if (bpf_program *second = bpf_object__find_program_by_name(
                                                        object,
                                                        fmt::format("{}_backup", bpf_program__name(first)).c_str()))
        bpf_program__set_autoload(second, config.has_backups && bpf_program__autoload(first));
    bpf_program *again = bpf_object__find_program_by_name(object, "on_exec_backup");
    if (bpf_program *forget = bpf_object__find_program_by_name(object, "cleanup_exec"))
        bpf_program__set_autoload(forget, again && bpf_program__autoload(again));
}

void Tracer::choose_allocation(bpf_object *object) const
{
    if (kernel::allocates_for_programs())
        return;
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object) if (is_hash(map) && bpf_map__map_flags(map) & BPF_F_NO_PREALLOC)
        allocate_beforehand(map);
}

void Tracer::fill(bpf_object *object) const
{
    fill_filters(options_, object);
    // Packets are no task's: there is no such set.
    if (command_ && bpf_object__find_map_by_name(object, "descendants"))
        add_to_set(object, "descendants", static_cast<std::uint32_t>(command_->pid()));
}

void Tracer::turn_from(const std::string &method, const Error &error)
{
    log_.detail("{}: not on this system: {}", method, error.what());
    log_.forget_libbpf_warning();
}

void Tracer::begin()
{
    if (command_)
        loop_.watch_child(command_->ended_fd());
    watch_duration();
    log_.line("tracing, {}", command_ ? fmt::format("until {} ends", options_.command.front()) : "Ctrl-C ends");
    tell_ready(ready_fd_);
    if (command_)
        command_->go();
}

void Tracer::watch_duration()
{
    if (options_.duration_s)
        loop_.end_after(*options_.duration_s);
}

void Tracer::end()
{
    if (command_)
        if (const auto how = command_->how_it_ended())
            log_.line("{} {}", options_.command.front(), *how);
}

} // namespace snoop
