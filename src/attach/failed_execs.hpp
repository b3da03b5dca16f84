// SPDX-License-Identifier: BSD-2-Clause
// The hooks for failed execs, for the tools that show or count them with -x.
//     add_failure_options(cli, options.failed, options.probe, "Show failed attempts too");
//     const FailureHooks hooks = choose_failure_hooks(log, options.probe);
//     links = attach_execveat(log, {skel.progs.on_failed_call});
#pragma once

#include "cli/cli.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <initializer_list>
#include <vector>

namespace snoop {

enum class FailureProbe {
    automatic,
    tracepoint,     // the exit of execve and execveat
    raw_tracepoint, // the exit of every system call
};

// The programs to load. The tracepoints of the two calls slow down no other call, but do not
// see 32-bit calls. The exit of every system call does, by the raw tracepoint or, on kernels
// that preempt programs, by perf, which then misses no event.
struct FailureHooks {
    bool calls = false, any = false, any_perf = false;

    // True if `any` or `any_perf` only has to handle the 32-bit calls.
    [[nodiscard]] bool only_32bit() const { return calls; }
};

// -x, --probe and --errno; `help` is for -x.
void add_failure_options(Cli &cli, bool &failed, FailureProbe &probe, const char *help);
// After the command line is read: sets `failed` if --errno asks for failures. Throws Error (exit 2) for --probe without
// them.
void check_failure_options(const CommonOptions &common, bool &failed, FailureProbe probe);

// Chooses the hooks for this system. Throws Error (exit 3) for `tracepoint` without tracefs.
FailureHooks choose_failure_hooks(const Log &log, FailureProbe wanted);

// Attaches programs to sys_exit_execveat as well: their section names sys_exit_execve, and can
// name only one hook. Programs that are not loaded are skipped.
std::vector<Link> attach_execveat(const Log &log, std::initializer_list<bpf_program *> programs);

} // namespace snoop
