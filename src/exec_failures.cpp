// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/error.hpp>
#include <snoop/exec_failures.hpp>
#include <snoop/kernel.hpp>

namespace snoop {

void add_failure_options(Cli &cli, bool &failed, FailureProbe &probe, const char *help)
{
    cli.flag("-x,--failed", failed, help);
    cli.choice<FailureProbe>("--probe", probe,
                             {{"auto", FailureProbe::automatic},
                              {"tracepoint", FailureProbe::tracepoint},
                              {"raw_tp", FailureProbe::raw_tracepoint}},
                             "How -x sees failures (default: tracepoint where tracefs is)");
}

void check_failure_options(bool failed, FailureProbe probe)
{
    if (probe != FailureProbe::automatic && !failed)
        throw Error{exit_usage, "--probe chooses how -x sees failures: add -x"};
}

FailureProbe choose_failure_probe(const Log &log, FailureProbe wanted)
{
    const auto tracefs = kernel::tracefs();

    if (wanted == FailureProbe::tracepoint && !tracefs)
        throw Error{exit_lacks, "-x by tracepoint needs tracefs, which is not mounted or not readable: "
                                "`mount -t tracefs tracefs /sys/kernel/tracing`, or --probe raw_tp"};
    if (wanted == FailureProbe::raw_tracepoint || !tracefs) {
        if (wanted == FailureProbe::automatic)
            log.line("tracefs is not mounted or not readable, so -x watches the exit of every system call; "
                     "`mount -t tracefs tracefs /sys/kernel/tracing` makes it cheaper");
        log.detail("failures: raw_tp/sys_exit, {}",
                   wanted == FailureProbe::automatic ? "since there is no tracefs" : "as --probe asks");
        return FailureProbe::raw_tracepoint;
    }
    log.detail("failures: tp/syscalls/sys_exit_execve and sys_exit_execveat, in {}{}", *tracefs,
               kernel::runs_32bit_programs() ? "; of 32-bit calls: sys_exit" : "");
    return FailureProbe::tracepoint;
}

FailureHooks failure_hooks(FailureProbe probe)
{
    const bool calls = probe == FailureProbe::tracepoint, apart = calls && kernel::runs_32bit_programs();
    const bool by_perf = apart && kernel::may_preempt_programs();

    return {.calls = calls,
            .any = probe == FailureProbe::raw_tracepoint || (apart && !by_perf),
            .any_perf = by_perf,
            .only_32bit = apart};
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
