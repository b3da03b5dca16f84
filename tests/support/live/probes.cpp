// SPDX-License-Identifier: BSD-2-Clause
#include "probes.hpp"

#include "fixtures.hpp"
#include "process.hpp"

#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/perf_event.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <link.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::test::probe {
namespace {

using Reason = std::optional<std::string>;

Reason failed(const char *step) { return fmt::format("{}: {}", step, strerror(errno)); }

// A program whose target is in BTF: fentry, LSM and so on.
Reason by_btf(bpf_prog_type type, bpf_attach_type attach, const char *target)
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach);
    const int id = libbpf_find_vmlinux_btf_id(target, attach);
    if (id < 0)
        return fmt::format("{} is not in the kernel's BTF", target);
    options.attach_btf_id = static_cast<std::uint32_t>(id);
    const Fd prog = kernel::load_probe(type, &options);
    if (!prog)
        return failed("load");
    const Fd link{bpf_raw_tracepoint_open(nullptr, prog.get())};
    return link ? Reason{} : failed("attach");
}

// A program on a perf event.
Reason by_perf(bpf_prog_type type, perf_event_attr &attr)
{
    const Fd prog = kernel::load_probe(type);
    if (!prog)
        return failed("load");
    attr.size = sizeof(attr);
    const Fd event{static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC))};
    if (!event)
        return failed("perf_event_open");
    return ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, prog.get()) == 0 ? Reason{} : failed("attach");
}

std::optional<std::uint32_t> number_in(const std::string &path)
{
    const std::string text = read_file(path);
    return text.empty() ? std::nullopt
                        : std::optional{static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10))};
}

// The file offset of a function of this program.
std::uint64_t file_offset(std::uintptr_t address)
{
    struct Search {
        std::uintptr_t address;
        std::uint64_t offset;
    } search{address, 0};

    dl_iterate_phdr(
        [](dl_phdr_info *info, std::size_t, void *data) {
            auto &s = *static_cast<Search *>(data);
            for (int i = 0; i < info->dlpi_phnum; i++) {
                const auto &segment = info->dlpi_phdr[i];
                const std::uintptr_t start = info->dlpi_addr + segment.p_vaddr;
                if (segment.p_type == PT_LOAD && s.address >= start && s.address < start + segment.p_memsz)
                    s.offset = s.address - start + segment.p_offset;
            }
            return 0;
        },
        &search);
    return search.offset;
}

} // namespace

Reason raw_tp()
{
    const Fd prog = kernel::load_probe(BPF_PROG_TYPE_RAW_TRACEPOINT);
    if (!prog)
        return failed("load");
    const Fd link{bpf_raw_tracepoint_open("sched_process_exec", prog.get())};
    return link ? Reason{} : failed("attach");
}

Reason tp()
{
    const auto tracefs = kernel::tracefs();
    if (!tracefs)
        return "tracefs is not mounted, or not readable";
    const auto id = number_in(*tracefs + "/events/syscalls/sys_exit_execve/id");
    if (!id)
        return "the tracepoint sys_exit_execve has no id in " + *tracefs;
    perf_event_attr attr{};
    attr.type = PERF_TYPE_TRACEPOINT;
    attr.config = *id;
    return by_perf(BPF_PROG_TYPE_TRACEPOINT, attr);
}

Reason tp_btf() { return by_btf(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sched_process_exec"); }
Reason fentry() { return by_btf(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "wake_up_new_task"); }
Reason fmod_ret() { return by_btf(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_file_open"); }

Reason lsm()
{
    if (const std::string active = read_file("/sys/kernel/security/lsm");
        !active.empty() && ("," + active + ",").find(",bpf,") == std::string::npos && !active.ends_with(",bpf") &&
        !active.ends_with(",bpf\n"))
        return "bpf is not among the active LSMs: " + active;
    return by_btf(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");
}

Reason kprobe()
{
    const auto type = number_in("/sys/bus/event_source/devices/kprobe/type");
    if (!type)
        return "the kernel has no kprobes (CONFIG_KPROBE_EVENTS)";
    perf_event_attr attr{};
    attr.type = *type;
    attr.config1 = reinterpret_cast<std::uintptr_t>("wake_up_new_task");
    return by_perf(BPF_PROG_TYPE_KPROBE, attr);
}

Reason kprobe_multi()
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
    const Fd prog = kernel::load_probe(BPF_PROG_TYPE_KPROBE, &options);
    if (!prog)
        return failed("load");
    const char *function = "wake_up_new_task";
    LIBBPF_OPTS(bpf_link_create_opts, where);
    where.kprobe_multi.syms = &function;
    where.kprobe_multi.cnt = 1;
    const Fd link{bpf_link_create(prog.get(), 0, BPF_TRACE_KPROBE_MULTI, &where)};
    return link ? Reason{} : failed("attach");
}

Reason uprobe()
{
    const auto type = number_in("/sys/bus/event_source/devices/uprobe/type");
    if (!type)
        return "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)";
    perf_event_attr attr{};
    attr.type = *type;
    attr.config1 = reinterpret_cast<std::uintptr_t>("/proc/self/exe");
    attr.config2 = file_offset(reinterpret_cast<std::uintptr_t>(&uprobe));
    return by_perf(BPF_PROG_TYPE_KPROBE, attr);
}

namespace {

// A program on lo in a new network namespace, where lo is number 1 too.
Reason on_lo(bpf_prog_type type, bool (*attach)(int prog))
{
    const Ended ended = in_child([&] {
        if (unshare(CLONE_NEWNET) != 0)
            _exit(errno);
        const Fd prog = kernel::load_probe(type);
        _exit(prog && attach(prog.get()) ? 0 : errno);
    });
    return ended.status == 0 ? Reason{} : fmt::format("attach to lo: {}", strerror(ended.status >> 8));
}

} // namespace

Reason xdp()
{
    return on_lo(BPF_PROG_TYPE_XDP, [](int prog) { return bpf_xdp_attach(1, prog, XDP_FLAGS_SKB_MODE, nullptr) == 0; });
}

Reason tcx()
{
    // BPF_TCX_EGRESS, missing in older headers.
    return on_lo(BPF_PROG_TYPE_SCHED_CLS,
                 [](int prog) { return bpf_link_create(prog, 1, static_cast<bpf_attach_type>(47), nullptr) >= 0; });
}

Reason clsact()
{
    return on_lo(BPF_PROG_TYPE_SCHED_CLS, [](int prog) {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = 1, .attach_point = BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = prog);
        return bpf_tc_hook_create(&hook) == 0 && bpf_tc_attach(&hook, &filter) == 0;
    });
}

} // namespace snoop::test::probe
