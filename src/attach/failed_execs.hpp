// SPDX-License-Identifier: BSD-2-Clause
// How execs that fail are seen, by tools that show or count them with -x.
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
    tracepoint,     // those of execve and execveat
    raw_tracepoint, // the exit of every system call
};

// Which programs to load. The tracepoints of the two calls cost other calls least, and say
// nothing of 32-bit ones; the exit of every call does, on the raw tracepoint or by way of perf,
// where a kernel that preempts programs leaves these alone.
struct FailureHooks {
    bool calls = false, any = false, any_perf = false;

    // Of `any` and `any_perf`: are they there for what `calls` leaves out?
    [[nodiscard]] bool only_32bit() const { return calls; }
};

// -x and --probe; `help` is for -x.
void add_failure_options(Cli &cli, bool &failed, FailureProbe &probe, const char *help);
// Throws Error (exit 2) for --probe without -x.
void check_failure_options(bool failed, FailureProbe probe);

// What `wanted` comes to on this system. Throws Error (exit 3) for a tracepoint without tracefs.
FailureHooks choose_failure_hooks(const Log &log, FailureProbe wanted);

// A program can only name one hook in its section; those for failures, on sys_exit_execve,
// have this second one. Of those that do not load, none.
std::vector<Link> attach_execveat(const Log &log, std::initializer_list<bpf_program *> programs);

} // namespace snoop
