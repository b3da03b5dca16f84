// SPDX-License-Identifier: BSD-2-Clause
// How execs that fail are seen, by tools that show or count them with -x.
//     add_failure_options(cli, options.failed, options.probe, "Show failed attempts too");
//     const FailureHooks hooks = failure_hooks(choose_failure_probe(log, options.probe));
//     links = attach_execveat(log, {skel.progs.on_failed_call});
#pragma once

#include <snoop/cli.hpp>
#include <snoop/log.hpp>
#include <snoop/skeleton.hpp>

#include <initializer_list>
#include <vector>

namespace snoop {

enum class FailureProbe {
    automatic,
    tracepoint,     // of execve and execveat; 32-bit calls have none, see FailureHooks
    raw_tracepoint, // the exit of every system call: needs no tracefs
};

// Which programs that takes: those of the calls' own tracepoints; that of every call's exit,
// on the raw tracepoint or by way of perf, where a kernel that preempts does not preempt it.
struct FailureHooks {
    bool calls = false, any = false, any_perf = false;
    bool only_32bit = false; // are the latter two for
};

// -x and --probe; `help` is for -x.
void add_failure_options(Cli &cli, bool &failed, FailureProbe &probe, const char *help);
// Throws Error (exit 2) for --probe without -x.
void check_failure_options(bool failed, FailureProbe probe);

// What `wanted` comes to on this system; never automatic. Throws Error (exit 3) for a
// tracepoint without tracefs.
FailureProbe choose_failure_probe(const Log &log, FailureProbe wanted);

FailureHooks failure_hooks(FailureProbe probe);

// A program can only name one hook in its section; those for failures, on sys_exit_execve,
// have this second one. Of those that do not load, none.
std::vector<Link> attach_execveat(const Log &log, std::initializer_list<bpf_program *> programs);

} // namespace snoop
