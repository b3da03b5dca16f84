// SPDX-License-Identifier: BSD-2-Clause
#include "attach/uprobe_event.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"
#include "libbpf/skeleton.hpp"
#include "symbols/file_handle.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>

namespace snoop {
namespace {

// Throws Error for a refused step.
[[noreturn]] void refuse(const Log &log, pid_t pid)
{
    if (errno == ESRCH && pid > 0)
        throw Error{exit_usage, "--pid: no process {}", pid};
    if (errno == EACCES)
        throw Error{exit_lacks, "perf events are restricted here (kernel.perf_event_paranoid={}): run it as root",
                    kernel::setting("/proc/sys/kernel/perf_event_paranoid")};
    throw_bpf_error(log, "attach", errno);
}

// Programs run whether the event is enabled or not.
Fd open_event(int id, UprobeScope scope, bool is_inherited)
{
    perf_event_attr attr{};

    attr.type = PERF_TYPE_TRACEPOINT;
    attr.size = sizeof(attr);
    attr.config = static_cast<std::uint64_t>(id);
    attr.disabled = 1;
    attr.inherit = is_inherited;
    // Breakpoints are placed when the task maps the program that it executes, and not in what it has mapped now.
    attr.enable_on_exec = scope.with_descendants;
    const int cpu = scope.pid < 0 ? 0 : -1; // the breakpoints are for all CPUs
    return Fd{static_cast<int>(syscall(SYS_perf_event_open, &attr, scope.pid, cpu, -1, PERF_FLAG_FD_CLOEXEC))};
}

// Detaches in the reverse order of its members: programs, perf events, definition.
struct AttachedEvent {
    TraceEvent definition;
    Fd inherited;
    std::vector<Link> programs;
};

void define(const Log &log, const TraceEvent &event, std::span<const UprobeEventTarget> targets)
{
    std::map<std::string, FileHandle> files; // whose path has no spaces, at which a definition would end

    for (const UprobeEventTarget &target : targets) {
        const auto [file, is_new] = files.try_emplace(target.file);
        if (is_new)
            file->second = FileHandle::open(target.file);
        if (!event.add_uprobe(file->second.path(), target.offset, target.semaphore_offset))
            refuse(log, -1);
    }
}

} // namespace

std::vector<std::uint64_t> uprobe_event_keys(std::span<const std::uint64_t> offsets)
{
    std::map<std::uint64_t, std::uint64_t> used; // events with a target that has these bits
    std::vector<std::uint64_t> keys;

    for (const std::uint64_t offset : offsets) {
        const std::uint64_t bits = offset & uprobe_event_bits;
        keys.push_back(used[bits]++ * (uprobe_event_bits + 1) + bits);
    }
    return keys;
}

Link attach_uprobe_event(const Log &log, std::span<bpf_program *const> programs,
                         std::span<const UprobeEventTarget> targets, UprobeScope scope, std::uint64_t cookie)
{
    auto attached = std::make_shared<AttachedEvent>();

    define(log, attached->definition, targets);
    const int id = attached->definition.id();
    if (id < 0)
        refuse(log, -1);
    if (scope.with_descendants) {
        attached->inherited = open_event(id, scope, true);
        if (!attached->inherited)
            refuse(log, scope.pid);
        // The kernel refuses in silence to place a breakpoint when the command maps its file, but not in a file that
        // this process has mapped. Closing an event that is not the last one takes no grace period.
        if (!open_event(id, {.pid = 0}, false))
            refuse(log, -1);
    }
    for (bpf_program *program : programs) {
        // No program is attached to the inherited event: newer kernels, such as 6.18, would detach it from all tasks
        // when the first task that inherited it ends.
        Fd event = open_event(id, scope, false);
        if (!event)
            refuse(log, scope.pid);
        LIBBPF_OPTS(bpf_perf_event_opts, options, .bpf_cookie = cookie);
        Link link{bpf_program__attach_perf_event_opts(program, event.get(), &options)};
        if (!link)
            refuse(log, -1);
        static_cast<void>(event.release()); // the link closes it
        attached->programs.push_back(std::move(link));
    }
    return Link{std::move(attached)};
}

} // namespace snoop
