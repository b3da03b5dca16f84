// SPDX-License-Identifier: BSD-2-Clause
// The hooks that see an open: which kernel functions or tracepoints, best first. S is the skeleton of an object
// that has the programs of bpf/opensnoop.bpf.c.
//     const OpenHooks<mytool_bpf> hooks{log, options, wanted};
//     auto attached = tracer.attach_first<mytool_bpf>(hooks.methods());
#pragma once

#include "attach/kprobe.hpp"
#include "attach/tracepoint.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/kernel_btf.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/task_filters.hpp"
#include "opens/open_options.hpp"
#include "opens/path_patterns.hpp"
#include "run/attach_method.hpp"

#include <array>
#include <fcntl.h>
#include <initializer_list>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {

// The programs look at these parts of an open.
struct WantedPaths {
    PathPatterns prefixes, suffixes; // without wildcards; compared with the path as given
    bool resolved = false;           // they read the path of the file that was opened
};

template <class S> class OpenHooks {
public:
    // Keeps references to the first two arguments.
    OpenHooks(const Log &log, const OpenOptions &options, WantedPaths wanted)
        : log_(log), options_(options), wanted_(std::move(wanted))
    {}

    // In order of preference, or only the one that --probe selects. The result keeps references to this object.
    // Throws Error (exit 3) if this system lacks what --probe names.
    [[nodiscard]] std::vector<AttachMethod<S>> methods() const;

private:
    using Links = std::vector<Link>;

    void configure(S &skel) const;
    void fill(S &skel) const;
    static void take_paths_of_kernel(S &skel);
    static void load(std::initializer_list<bpf_program *> programs);
    static void attach_uring(S &skel, Links &links);
    static bpf_program *raw_exit(const S &skel);
    static bpf_program *any_exit(const S &skel);

    template <class ConfigureMore, class AttachMore>
    AttachMethod<S> method(const char *name, ConfigureMore configure_more, AttachMore attach_more) const;
    AttachMethod<S> fentry(const char *filp_open) const;
    AttachMethod<S> kprobe() const;
    AttachMethod<S> tracepoint() const;
    AttachMethod<S> raw_tracepoint() const;

    const Log &log_;
    const OpenOptions &options_;
    WantedPaths wanted_;
};

template <class S> void OpenHooks<S>::configure(S &skel) const
{
    const __u8 prefixes = use_of(wanted_.prefixes.for_kernel());
    const __u8 suffixes = use_of(wanted_.suffixes.for_kernel());

    skel.rodata->own_pid = static_cast<__u32>(getpid());
    skel.rodata->only_failed = options_.failed;
    skel.rodata->want_resolved = wanted_.resolved;
    skel.rodata->filter_prefix = prefixes;
    skel.rodata->filter_suffix = suffixes;
    skel.rodata->filter_flags = static_cast<__u8>((options_.flags.empty() ? 0 : SNOOP_FILTER_ONLY) |
                                                  (options_.unwanted_flags.empty() ? 0 : SNOOP_FILTER_NOT));
    skel.rodata->flags_any = options_.flags.any;
    skel.rodata->access_any = options_.flags.access;
    skel.rodata->flags_not = options_.unwanted_flags.any;
    skel.rodata->access_not = options_.unwanted_flags.access;
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

template <class S> void OpenHooks<S>::fill(S &skel) const
{
    for (const auto &[prefix, is_not] : wanted_.prefixes.for_trie())
        add_to_trie(skel.maps.path_filter, "--path", prefix, filter_value(is_not));
    for (const auto &[suffix, is_not] : wanted_.suffixes.for_trie())
        add_to_trie(skel.maps.suffix_filter, "--suffix", {suffix.rbegin(), suffix.rend()}, filter_value(is_not));
}

// The hook on do_filp_open keeps the kernel's copy of the path.
template <class S> void OpenHooks<S>::take_paths_of_kernel(S &skel)
{
    skel.rodata->path_by_kernel = 1;
    bpf_map__set_autocreate(skel.maps.kept_paths, true);
}

template <class S> void OpenHooks<S>::load(std::initializer_list<bpf_program *> programs)
{
    for (bpf_program *program : programs)
        bpf_program__set_autoload(program, true);
}

// A kernel without io_uring has neither tracepoint.
template <class S> void OpenHooks<S>::attach_uring(S &skel, Links &links)
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

template <class S>
template <class ConfigureMore, class AttachMore>
AttachMethod<S> OpenHooks<S>::method(const char *name, ConfigureMore configure_more, AttachMore attach_more) const
{
    return {name,
            [this, configure_more](S &skel) {
                configure(skel);
                configure_more(skel);
            },
            [attach_more](S &skel) {
                Links links;
                attach_uring(skel, links);
                attach_more(skel, links);
                return links;
            },
            [this](S &skel) { fill(skel); }, [](S &skel) { return skel.maps.uring_calls; }};
}

// The typed program is the faster one. It needs the kernel's own BTF; --btf does not help.
template <class S> bpf_program *OpenHooks<S>::raw_exit(const S &skel)
{
    return kernel::has_btf() ? skel.progs.on_any_exit : skel.progs.on_any_exit_raw;
}

// The perf program costs more, but the kernel never skips it: bpf/lib/backup.bpf.h.
template <class S> bpf_program *OpenHooks<S>::any_exit(const S &skel)
{
    return kernel::may_preempt_programs() && kernel::tracefs() ? skel.progs.on_any_exit_perf : raw_exit(skel);
}

// `filp_open` sees the opens of exec and of the kernel itself. Linux 7.0 renamed it.
template <class S> AttachMethod<S> OpenHooks<S>::fentry(const char *filp_open) const
{
    return method(
        "fentry",
        [this, filp_open](S &skel) {
            load({skel.progs.open_fexit, skel.progs.handle_fexit, skel.progs.filp_open_fexit});
            set_attach_function(skel.progs.filp_open_fexit, filp_open);
            take_paths_of_kernel(skel);
            log_.detail("probe: fexit on do_sys_openat2, do_handle_open, {}", filp_open);
        },
        [](S &, Links &) {});
}

template <class S> AttachMethod<S> OpenHooks<S>::kprobe() const
{
    return method(
        "kprobe",
        [this](S &skel) {
            load({any_exit(skel), skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe,
                  skel.progs.cleanup_filp_open, skel.progs.cleanup_filp_open_of_exec});
            for (bpf_program *program : {skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe})
                bpf_program__set_autoattach(program, false);
            bpf_map__set_autocreate(skel.maps.filp_open_calls, true);
            skel.rodata->filp_open_by_kprobe = 1;
            take_paths_of_kernel(skel);
            log_.detail("probe: sys_exit, kprobe and kretprobe on do_filp_open");
        },
        [this](S &skel, Links &links) {
            const auto attach = [&](bpf_program *program, bool at_return) {
                links.push_back(attach_kprobe(log_, program, {"do_filp_open", "do_file_open"}, at_return));
            };
            // The return first: an entry whose return is missed would stay in the map.
            attach(skel.progs.filp_open_kretprobe, true);
            attach(skel.progs.filp_open_kprobe, false);
        });
}

template <class S> AttachMethod<S> OpenHooks<S>::tracepoint() const
{
    const bool has_32bit = kernel::runs_32bit_programs();

    return method(
        "tracepoint",
        [this, has_32bit](S &skel) {
            load({skel.progs.open_tracepoint, skel.progs.on_exec});
            bpf_program__set_autoload(any_exit(skel), has_32bit);
            skel.rodata->only_32bit = 1;
            skel.rodata->exec_by_exit = 1;
            log_.detail("probe: tp/syscalls/sys_exit_open…{}, raw_tp/sched_process_exec",
                        has_32bit ? ", and sys_exit for 32-bit calls" : "");
        },
        [this](S &skel, Links &links) {
            // Some architectures lack open and creat, older kernels openat2.
            for (const char *name : {"open", "creat", "openat2", "open_by_handle_at", "execve", "execveat"}) {
                const std::string event = fmt::format("sys_exit_{}", name);
                const std::string path = fmt::format("{}/events/syscalls/{}", *kernel::tracefs(), event);
                if (faccessat(AT_FDCWD, path.c_str(), F_OK, AT_EACCESS) == 0)
                    links.push_back(attach_tracepoint(log_, skel.progs.open_tracepoint, "syscalls", event.c_str()));
            }
        });
}

template <class S> AttachMethod<S> OpenHooks<S>::raw_tracepoint() const
{
    return method(
        "raw_tp",
        [this](S &skel) {
            load({raw_exit(skel), skel.progs.on_exec});
            skel.rodata->exec_by_exit = 1;
            log_.detail("probe: sys_exit, raw_tp/sched_process_exec");
        },
        [](S &, Links &) {});
}

template <class S> std::vector<AttachMethod<S>> OpenHooks<S>::methods() const
{
    std::vector<AttachMethod<S>> methods;

    // `missing` says what the method lacks on this system; nullptr if nothing.
    const auto add = [&](OpenProbe probe, const char *missing, auto... more) {
        const bool forced = options_.probe == probe;
        if (options_.probe != OpenProbe::automatic && !forced)
            return;
        if (!missing)
            (methods.push_back(std::move(more)), ...);
        else if (forced)
            throw Error{exit_lacks, "--probe: {}; omit --probe", missing};
        else
            log_.detail("not on this system: {}", missing);
    };
    const auto add_fentry = [&] {
        add(OpenProbe::fentry, kernel::has_fentry() ? nullptr : "the kernel rejects fentry programs",
            fentry("do_filp_open"), fentry("do_file_open"));
    };
    const auto add_kprobe = [&] {
        add(OpenProbe::kprobe, kernel::has_kprobes() ? nullptr : "the kernel has no kprobes (CONFIG_KPROBES)",
            kprobe());
    };
    const auto add_raw_tracepoint = [&] { add(OpenProbe::raw_tracepoint, nullptr, raw_tracepoint()); };
    const auto add_tracepoint = [&] {
        add(OpenProbe::tracepoint, kernel::tracefs() ? nullptr : kernel::lack_of_tracefs(), tracepoint());
    };

    if (kernel::may_preempt_programs()) {
        log_.detail("the kernel preempts programs: prefer perf hooks, which it does not preempt");
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

} // namespace snoop
