// SPDX-License-Identifier: BSD-2-Clause
#include "opensnoop/hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/tracepoint.hpp"
#include "base/error.hpp"
#include "cli/task_filters.hpp"
#include "kernel/features.hpp"
#include "kernel/kernel_btf.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/task_filters.hpp"
#include "opensnoop/path_patterns.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop::opensnoop {
namespace {

using Skel = opensnoop_bpf;
using Links = std::vector<Link>;

struct Context {
    const Session &session;
    const Options &options;
};

// Returns what the kernel compares of --path or --suffix: with -F nothing, since it is about the resolved path, of
// which the programs send the names.
PathPatterns for_kernel(const Options &options, const std::vector<PathPattern> &patterns, PathPatterns::Part part)
{
    return {options.full_path ? std::vector<PathPattern>{} : PathPatterns{patterns, part}.for_kernel(), part};
}

PathPatterns prefixes_for_kernel(const Options &options)
{
    return for_kernel(options, options.prefixes, PathPatterns::Part::begin);
}

PathPatterns suffixes_for_kernel(const Options &options)
{
    return for_kernel(options, options.suffixes, PathPatterns::Part::end);
}

void report_where_compared(const Session &session, const Options &options)
{
    const auto report = [&](const char *option, const std::vector<PathPattern> &patterns, PathPatterns::Part part) {
        const bool in_kernel = !for_kernel(options, patterns, part).for_trie().empty();
        const bool in_user_space = options.full_path || PathPatterns{patterns, part}.needs_user_space();
        if (!patterns.empty())
            session.log().detail("{}: compared in {}, with the path {}", option,
                                 in_kernel && in_user_space ? "the kernel, except for patterns with wildcards"
                                 : in_kernel                ? "the kernel"
                                                            : "user space",
                                 options.full_path ? "that was opened" : "as given");
    };
    report("--path", options.prefixes, PathPatterns::Part::begin);
    report("--suffix", options.suffixes, PathPatterns::Part::end);
}

// Whether rows show what the programs read of the opened file only if they are asked to.
bool shows_file(const CommonOptions &common)
{
    constexpr std::array keys{"resolved", "mnt_ns", "deleted", "dev", "ino"};

    return std::ranges::any_of(keys, [&](const char *key) { return common.shows(key); });
}

void configure(Skel &skel, Context context)
{
    const auto &[session, options] = context;
    const __u8 prefixes = use_of(prefixes_for_kernel(options).for_kernel());
    const __u8 suffixes = use_of(suffixes_for_kernel(options).for_kernel());
    const auto &common = session.options();

    skel.rodata->own_pid = static_cast<__u32>(getpid());
    skel.rodata->only_failed = options.failed;
    skel.rodata->want_resolved = options.full_path || shows_file(common) || !common.record.empty();
    skel.rodata->filter_prefix = prefixes;
    skel.rodata->filter_suffix = suffixes;
    skel.rodata->filter_flags = static_cast<__u8>((options.flags.empty() ? 0 : SNOOP_FILTER_ONLY) |
                                                  (options.unwanted_flags.empty() ? 0 : SNOOP_FILTER_NOT));
    skel.rodata->flags_any = options.flags.any;
    skel.rodata->access_any = options.flags.access;
    skel.rodata->flags_not = options.unwanted_flags.any;
    skel.rodata->access_not = options.unwanted_flags.access;
    // attach_uring() tries the names that the tracepoints have had.
    for (bpf_program *program : {skel.progs.uring_submit, skel.progs.uring_complete}) {
        bpf_program__set_autoload(program, true);
        bpf_program__set_autoattach(program, false);
    }
    bpf_map__set_autocreate(skel.maps.filp_open_calls, false);
    bpf_map__set_autocreate(skel.maps.kept_paths, false);
    create_map(skel.maps.path_filter, prefixes != 0);
    create_map(skel.maps.suffix_filter, suffixes != 0);
}

void fill(Skel &skel, const Options &options)
{
    for (const auto &[prefix, is_not] : prefixes_for_kernel(options).for_trie())
        add_to_trie(skel.maps.path_filter, "--path", prefix, filter_value(is_not));
    for (const auto &[suffix, is_not] : suffixes_for_kernel(options).for_trie())
        add_to_trie(skel.maps.suffix_filter, "--suffix", {suffix.rbegin(), suffix.rend()}, filter_value(is_not));
}

// The hook on do_filp_open keeps the kernel's copy of the path.
void take_paths_of_kernel(Skel &skel)
{
    skel.rodata->path_by_kernel = 1;
    bpf_map__set_autocreate(skel.maps.kept_paths, true);
}

void load(std::initializer_list<bpf_program *> programs)
{
    for (bpf_program *program : programs)
        bpf_program__set_autoload(program, true);
}

// A kernel without io_uring has neither tracepoint.
void attach_uring(Skel &skel, Links &links)
{
    for (const auto &[program, names] :
         {std::pair{skel.progs.uring_submit, std::array{"io_uring_submit_req", "io_uring_submit_sqe"}},
          std::pair{skel.progs.uring_complete, std::array{"io_uring_complete", "io_uring_complete"}}})
        for (const char *name : names)
            if (Link link = attach_raw_tracepoint(program, name)) {
                links.push_back(std::move(link));
                break;
            }
}

template <class ConfigureMore, class AttachMore>
AttachMethod<Skel> method(const char *name, Context context, ConfigureMore configure_more, AttachMore attach_more)
{
    return {name,
            [context, configure_more](Skel &skel) {
                configure(skel, context);
                configure_more(skel);
            },
            [attach_more](Skel &skel) {
                Links links;
                attach_uring(skel, links);
                attach_more(skel, links);
                return links;
            },
            [context](Skel &skel) { fill(skel, context.options); }, [](Skel &skel) { return skel.maps.uring_calls; }};
}

// The typed program is the faster one. It needs the kernel's own BTF; --btf does not help.
bpf_program *raw_exit(const Skel &skel)
{
    return kernel::has_btf() ? skel.progs.on_any_exit : skel.progs.on_any_exit_raw;
}

// The perf program costs more, but the kernel never skips it: bpf/lib/backup.bpf.h.
bpf_program *any_exit(const Skel &skel)
{
    return kernel::may_preempt_programs() && kernel::tracefs() ? skel.progs.on_any_exit_perf : raw_exit(skel);
}

// `filp_open` sees the opens of exec and of the kernel itself. Linux 7.0 renamed it.
AttachMethod<Skel> fentry(Context context, const char *filp_open)
{
    return method(
        "fentry", context,
        [context, filp_open](Skel &skel) {
            load({skel.progs.open_fexit, skel.progs.handle_fexit, skel.progs.filp_open_fexit});
            set_attach_function(skel.progs.filp_open_fexit, filp_open);
            take_paths_of_kernel(skel);
            context.session.log().detail("probe: fexit on do_sys_openat2, do_handle_open, {}", filp_open);
        },
        [](Skel &, Links &) {});
}

AttachMethod<Skel> kprobe(Context context)
{
    return method(
        "kprobe", context,
        [context](Skel &skel) {
            load({any_exit(skel), skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe,
                  skel.progs.cleanup_filp_open, skel.progs.cleanup_filp_open_of_exec});
            for (bpf_program *program : {skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe})
                bpf_program__set_autoattach(program, false);
            bpf_map__set_autocreate(skel.maps.filp_open_calls, true);
            skel.rodata->filp_open_by_kprobe = 1;
            take_paths_of_kernel(skel);
            context.session.log().detail("probe: sys_exit, kprobe and kretprobe on do_filp_open");
        },
        [context](Skel &skel, Links &links) {
            const auto attach = [&](bpf_program *program, bool at_return) {
                links.push_back(
                    attach_kprobe(context.session.log(), program, {"do_filp_open", "do_file_open"}, at_return));
            };
            // The return first: an entry whose return is missed would stay in the map.
            attach(skel.progs.filp_open_kretprobe, true);
            attach(skel.progs.filp_open_kprobe, false);
        });
}

AttachMethod<Skel> tracepoint(Context context)
{
    const bool has_32bit = kernel::runs_32bit_programs();

    return method(
        "tracepoint", context,
        [context, has_32bit](Skel &skel) {
            load({skel.progs.open_tracepoint, skel.progs.on_exec});
            bpf_program__set_autoload(any_exit(skel), has_32bit);
            skel.rodata->only_32bit = 1;
            skel.rodata->exec_by_exit = 1;
            context.session.log().detail("probe: tp/syscalls/sys_exit_open…{}, raw_tp/sched_process_exec",
                                         has_32bit ? ", and sys_exit for 32-bit calls" : "");
        },
        [context](Skel &skel, Links &links) {
            // Some architectures lack open and creat, older kernels openat2.
            for (const char *name : {"open", "creat", "openat2", "open_by_handle_at", "execve", "execveat"}) {
                const std::string event = fmt::format("sys_exit_{}", name);
                if (access(fmt::format("{}/events/syscalls/{}", *kernel::tracefs(), event).c_str(), F_OK) == 0)
                    links.push_back(attach_tracepoint(context.session.log(), skel.progs.open_tracepoint, "syscalls",
                                                      event.c_str()));
            }
        });
}

AttachMethod<Skel> raw_tracepoint(Context context)
{
    return method(
        "raw_tp", context,
        [context](Skel &skel) {
            load({raw_exit(skel), skel.progs.on_exec});
            skel.rodata->exec_by_exit = 1;
            context.session.log().detail("probe: sys_exit, raw_tp/sched_process_exec");
        },
        [](Skel &, Links &) {});
}

} // namespace

std::vector<AttachMethod<Skel>> attach_methods(const Session &session, const Options &options)
{
    const Context context{session, options};
    std::vector<AttachMethod<Skel>> methods;

    report_where_compared(session, options);
    // `missing` says what the method lacks on this system; nullptr if nothing.
    const auto add = [&](Probe probe, const char *missing, auto... more) {
        const bool forced = options.probe == probe;
        if (options.probe != Probe::automatic && !forced)
            return;
        if (!missing)
            (methods.push_back(std::move(more)), ...);
        else if (forced)
            throw Error{exit_lacks, "--probe: {}; omit --probe", missing};
        else
            session.log().detail("not on this system: {}", missing);
    };
    const auto add_fentry = [&] {
        add(Probe::fentry, kernel::has_fentry() ? nullptr : "the kernel rejects fentry programs",
            fentry(context, "do_filp_open"), fentry(context, "do_file_open"));
    };
    const auto add_kprobe = [&] {
        add(Probe::kprobe, kernel::has_kprobes() ? nullptr : "the kernel has no kprobes (CONFIG_KPROBES)",
            kprobe(context));
    };
    const auto add_raw_tracepoint = [&] { add(Probe::raw_tracepoint, nullptr, raw_tracepoint(context)); };
    const auto add_tracepoint = [&] {
        add(Probe::tracepoint,
            kernel::tracefs() ? nullptr
                              : "tracefs is not mounted or not readable "
                                "(mount -t tracefs tracefs /sys/kernel/tracing)",
            tracepoint(context));
    };

    if (kernel::may_preempt_programs()) {
        session.log().detail("the kernel preempts programs: prefer perf hooks, which it does not preempt");
        add_kprobe();
        add_fentry();
        add_tracepoint();
        add_raw_tracepoint();
    } else {
        add_fentry();
        add_kprobe();
        // sys_exit slows down every system call, the tracepoints only those that open files. But 32-bit
        // calls need sys_exit beside the tracepoints, and both together cost more than sys_exit alone.
        add_raw_tracepoint();
        add_tracepoint();
    }
    return methods;
}

} // namespace snoop::opensnoop
