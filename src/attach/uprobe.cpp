// SPDX-License-Identifier: BSD-2-Clause
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/skeleton.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace snoop {
namespace {

// From include/uapi/linux/bpf.h of 6.6; the build system's copy may be older.
constexpr auto trace_uprobe_multi = static_cast<bpf_attach_type>(48);
constexpr std::uint32_t multi_return = 1; // BPF_F_UPROBE_MULTI_RETURN

struct LinkCreate {
    std::uint32_t program, target, attach_type, flags;
    std::uint64_t path, offsets, semaphores, cookies;
    std::uint32_t count, multi_flags, pid, reserved;
};

std::uint64_t address_of(const void *data) { return reinterpret_cast<std::uintptr_t>(data); }

// With pid 0, in all processes.
Fd create(int program, pid_t pid, const char *file, std::span<const UprobeTarget> targets, bool at_return)
{
    std::vector<std::uint64_t> offsets, semaphores, cookies;
    for (const UprobeTarget &target : targets) {
        offsets.push_back(target.offset);
        semaphores.push_back(target.semaphore_offset);
        cookies.push_back(target.cookie);
    }
    LinkCreate call{};
    call.program = static_cast<std::uint32_t>(program);
    call.attach_type = trace_uprobe_multi;
    call.path = address_of(file);
    call.offsets = address_of(offsets.data());
    call.semaphores = address_of(semaphores.data());
    call.cookies = address_of(cookies.data());
    call.multi_flags = at_return ? multi_return : 0;
    call.count = static_cast<std::uint32_t>(targets.size());
    call.pid = static_cast<std::uint32_t>(pid);
    return Fd{static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &call, sizeof(call)))};
}

// The errno with which the kernel refuses a uprobe.multi link on a directory, for the process `pid`.
int refusal(pid_t pid)
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = trace_uprobe_multi);
    const Fd program = kernel::load_probe(BPF_PROG_TYPE_KPROBE, &options);
    const std::array<UprobeTarget, 1> target{{{0, 0, 0}}};

    return program && !create(program.get(), pid, "/", target, false) ? errno : 0;
}

} // namespace

Link attach_uprobe(const Log &log, bpf_program *program, pid_t pid, const std::string &file, const UprobeTarget &target,
                   bool at_return)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options);

    options.ref_ctr_offset = target.semaphore_offset;
    options.bpf_cookie = target.cookie;
    options.retprobe = at_return;
    Link link{bpf_program__attach_uprobe_opts(program, pid, file.c_str(), target.offset, &options)};
    if (link)
        return link;
    if (errno == ESRCH && pid > 0)
        throw Error{exit_usage, "--pid: no process {}", pid};
    // Most kernels want CAP_SYS_ADMIN, whatever kernel.perf_event_paranoid says.
    if (errno == EACCES)
        throw kernel::Refusal{exit_lacks, "the kernel leaves uprobes to root (CAP_SYS_ADMIN): run it as root"};
    throw_bpf_error(log, "attach", errno);
}

// A kernel with uprobe.multi looks up the path first.
bool has_uprobe_multi()
{
    static const bool has = refusal(0) == EBADF;
    return has;
}

// Kernels that look for a process rather than a thread check that its number is not negative, and do so before
// they look up the path (libbpf's probe_uprobe_multi_link).
bool has_uprobe_multi_pid()
{
    static const bool has = has_uprobe_multi() && refusal(-1) == EINVAL;
    return has;
}

bool has_sleepable_uprobes()
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_SLEEPABLE);
    static const bool has = static_cast<bool>(kernel::load_probe(BPF_PROG_TYPE_KPROBE, &options));
    return has;
}

void raise_descriptor_limit()
{
    rlimit limit{};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void use_uprobe_multi(bpf_program *program) { bpf_program__set_expected_attach_type(program, trace_uprobe_multi); }

Link attach_uprobes(const Log &log, bpf_program *program, const std::string &file,
                    std::span<const UprobeTarget> targets, bool at_return, pid_t pid)
{
    Fd link = create(bpf_program__fd(program), std::max(pid, 0), file.c_str(), targets, at_return);

    if (link)
        return Link{std::move(link)};
    if (errno == ESRCH && pid > 0)
        throw Error{exit_usage, "--pid: no process {}", pid};
    throw_bpf_error(log, "attach", errno);
}

} // namespace snoop
