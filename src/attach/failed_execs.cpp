// SPDX-License-Identifier: BSD-2-Clause
#include "attach/failed_execs.hpp"
#include "attach/tracepoint.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"

#include <algorithm>

namespace snoop {

void add_failure_options(Cli &cli, bool &failed, FailureProbe &probe, const char *help)
{
    cli.add_result_filters();
    cli.flag("-x,--failed", failed, help).manual("Include failed attempts. --errno does so, too.");
    cli.choice<FailureProbe>(
           "--probe", "HOOK", probe,
           {{"auto", FailureProbe::automatic, "the hook that sees every failure and costs least; -v prints which"},
            {"tracepoint", FailureProbe::tracepoint,
             "the tracepoints of execve and execveat, and the exit of 32-bit calls, which have none"},
            {"raw_tp", FailureProbe::raw_tracepoint, "the exit of every system call, which needs no tracefs"}},
           "Hook to use for failures")
        .manual("Hook that -x uses to see failures.");
}

void check_failure_options(const CommonOptions &common, bool &failed, FailureProbe probe)
{
    const auto is_of_failures = [](const Condition<FilterKey> &error) {
        return error.is_not || number_of(error.value) != 0;
    };

    failed = failed || std::ranges::any_of(common.conditions("--errno"), is_of_failures);
    if (probe != FailureProbe::automatic && !failed)
        throw Error{exit_usage, "--probe requires -x"};
}

FailureHooks choose_failure_hooks(const Log &log, FailureProbe wanted)
{
    const auto tracefs = kernel::tracefs();
    const bool has_32bit = kernel::runs_32bit_programs(), preempts = kernel::may_preempt_programs();

    if (wanted == FailureProbe::raw_tracepoint) {
        log.detail("probe: failures by raw_tp/sys_exit, as --probe asks");
        return {.any = true};
    }
    if (!tracefs && wanted == FailureProbe::tracepoint)
        throw Error{exit_lacks, "--probe tracepoint: {}; or give --probe raw_tp", kernel::lack_of_tracefs()};
    if (!tracefs) {
        if (preempts || !has_32bit)
            log.line("{}, so -x watches the exit of every system call, which {}", kernel::lack_of_tracefs(),
                     preempts ? "may miss some" : "costs more");
        log.detail("probe: failures by raw_tp/sys_exit, since there is no tracefs");
        return {.any = true};
    }
    if (has_32bit && wanted == FailureProbe::automatic) {
        log.detail("probe: failures by {}, since 32-bit calls have no tracepoint of their own",
                   preempts ? "tp/raw_syscalls/sys_exit" : "raw_tp/sys_exit");
        return {.any = !preempts, .any_perf = preempts};
    }
    log.detail("probe: failures by tp/syscalls/sys_exit_execve and sys_exit_execveat, in {}{}", *tracefs,
               !has_32bit ? ""
               : preempts ? "; for 32-bit calls: tp/raw_syscalls/sys_exit"
                          : "; for 32-bit calls: raw_tp/sys_exit");
    return {.calls = true, .any = has_32bit && !preempts, .any_perf = has_32bit && preempts};
}

std::vector<Link> attach_execveat(const Log &log, std::initializer_list<bpf_program *> programs)
{
    std::vector<Link> links;

    for (bpf_program *program : programs)
        if (bpf_program__autoload(program))
            links.push_back(attach_tracepoint(log, program, "syscalls", "sys_exit_execveat"));
    return links;
}

} // namespace snoop
