// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: shows every program that is executed.
#include "attach/failed_execs.hpp"
#include "attach/kprobe.hpp"
#include "attach/tracepoint.hpp"
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "execsnoop/environment.hpp"
#include "execsnoop/options.hpp"
#include "execsnoop/sink.hpp"
#include "execsnoop/who_columns.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "run/tracer.hpp"

#include "execsnoop.skel.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace snoop;
using namespace snoop::execsnoop;

constexpr ToolInfo info{"execsnoop",
                        "Show every program that is executed, as it happens.",
                        "Examples:\n"
                        "  execsnoop                            every program that starts\n"
                        "  execsnoop -x                         also failed attempts\n"
                        "  execsnoop -u alice -T                only alice's, with the time\n"
                        "  execsnoop --exit                     how long each ran, and what it cost\n"
                        "  execsnoop -- make test               what a command and its descendants run\n"
                        "  execsnoop --tree -- make -j4         as a tree, with the cost of each part\n"
                        "  execsnoop -o json | jq -r .filename\n",
                        EXEC_FORMAT,
                        "read the arguments of all users' programs, passwords among them",
                        false,
                        true};

void add_options(Cli &cli, Options &options)
{
    add_failure_options(cli, options.failed, options.probe, "Also show failed attempts");
    cli.flag("--exit", options.exit, "Print rows at process exit, with status, run time and cost")
        .manual("Print each row when the process exits, with its exit status (EXIT), run time (RAN(ms)), CPU time "
                "(CPU(ms)) and largest resident size (RSS(KiB)).");
    cli.flag("--tree", options.tree, "Show the tree of processes; with --exit or a command, at the end with sums")
        .manual("Indent each row under that of its parent. With --exit or a command, print the whole tree at the end, "
                "with each process's status and cost and the sums of the processes below it: see TREE.");
    cli.conditions("-l,--line", "SUBSTR", options.words,
                   "Only programs whose file or arguments contain SUBSTR; !SUBSTR: only others")
        .manual(
            "Only programs whose file name or arguments contain SUBSTR. `!SUBSTR` leaves them out. Compared in user "
            "space.");
    cli.flag("-q,--quote", options.quote, "Quote arguments for a shell");
    cli.each(
           "--env", "NAMES",
           [&](std::string_view option, const std::string &text) {
               for (std::string &name : parse_names(option, text))
                   if (std::ranges::find(options.env, name) == options.env.end())
                       options.env.push_back(std::move(name));
           },
           "Show these variables of the environment: PATH,LD_PRELOAD")
        .manual("Show these variables of the new program's environment, if they are set: before ARGS as "
                "NAME=VALUE, in JSON as env. NAMES are separated by commas.");
    cli.flag("--env-diff", options.env_diff, "Show in which variables the environment was changed")
        .manual("Show the names of the variables that were added (+), changed (~) or removed (-) since the caller "
                "was started itself, in a column ENV-DIFF.");
    cli.size("--max-args-bytes", options.max_args, 1, EXEC_ARGS_MAX, "Keep up to SIZE bytes of arguments, at most 2M")
        .manual(
            "Keep up to SIZE bytes of arguments, at most 2M, the kernel's own limit. Longer ones are marked as cut.");
}

void configure_who(execsnoop_bpf &skel, const CommonOptions &common, const Options &options)
{
    const bool is_recorded = !common.record.empty();
    const bool before = options.env_diff || common.shows("privileges") || is_recorded;

    skel.rodata->want_who = shows_who(common) || is_recorded;
    skel.rodata->own_user_ns = kernel::own_user_namespace();
    skel.rodata->want_gain = before;
    skel.rodata->want_env_before = options.env_diff;
    if (options.env_diff || !options.env.empty())
        skel.rodata->env_records = EXEC_ENV_MAX / EXEC_MORE_ARGS;
    bpf_program__set_autoload(skel.progs.on_exec_begins, before && kernel::has_kprobes());
    bpf_program__set_autoload(skel.progs.on_exec_begins_raw, before);
    for (bpf_program *program : {skel.progs.on_exec_begins, skel.progs.on_exec_begins_raw})
        bpf_program__set_autoattach(program, false);
    create_map(skel.maps.before_execs, before);
    create_map(skel.maps.before_scratch, options.env_diff);
}

// Without a hook, what an exec changed is not known.
void attach_before(const Log &log, execsnoop_bpf &skel, std::vector<Link> &links)
{
    const auto &programs = skel.progs;
    Link link;

    if (!bpf_program__autoload(programs.on_exec_begins_raw))
        return;
    if (bpf_program__autoload(programs.on_exec_begins))
        link = try_kprobe(programs.on_exec_begins, "begin_new_exec", false);
    if (link) {
        log.detail("probe: what an exec changes by kprobe/begin_new_exec");
    } else {
        link = attach_raw_tracepoint(programs.on_exec_begins_raw, "sched_prepare_exec");
        log.detail("probe: what an exec changes {}",
                   link ? "by raw_tp/sched_prepare_exec" : "is not known: the kernel has no hook for it");
    }
    if (link)
        links.push_back(std::move(link));
}

void check_options(Options &options, const CommonOptions &common)
{
    options.exit = options.exit || is_report(common.format);
    options.failed = options.failed || (is_report(common.format) && common.format != Format::folded);
    check_failure_options(common, options.failed, options.probe);
    if (options.tree && common.keep.is_on)
        throw Error{exit_usage, "--keep does not apply to --tree, whose rows need those before them"};
    if (options.tree && common.format != Format::text)
        throw Error{exit_usage,
                    "--tree: text only; in JSON and CSV, parent_exec_id is the exec_id of the parent's row"};
}

void configure(execsnoop_bpf &skel, const Session &session, const Options &options, const FailureHooks &failures)
{
    const auto &common = session.options();
    const auto &programs = skel.progs;
    const bool has_loop = options.failed && kernel::has_helper(BPF_FUNC_loop);
    const auto load = [&](bpf_program *program, bpf_program *old, bool wanted) {
        bpf_program__set_autoload(program, wanted && has_loop);
        bpf_program__set_autoload(old, wanted && !has_loop);
    };

    skel.rodata->max_args = options.max_args;
    skel.rodata->more_records = options.max_args / EXEC_MORE_ARGS + 1;
    skel.rodata->want_cwd = common.shows("cwd") || !common.record.empty();
    configure_who(skel, common, options);
    const bool ends = options.exit || options.tree, forks = options.tree || (options.exit && !common.record.empty());
    skel.rodata->want_exit = ends;
    skel.rodata->want_forks = forks;
    skel.rodata->page_kb = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE) / 1024);
    skel.rodata->only_32bit = failures.only_32bit();
    load(programs.on_failed_call, programs.on_failed_call_old, failures.calls);
    load(programs.on_failed_any, programs.on_failed_any_old, failures.any);
    load(programs.on_failed_any_perf, programs.on_failed_any_perf_old, failures.any_perf);
    for (bpf_program *program : {programs.on_exit, programs.on_switch, programs.on_signal})
        bpf_program__set_autoload(program, ends);
    bpf_program__set_autoload(programs.on_fork, forks);
    bpf_map__set_autocreate(skel.maps.failed_scratch, options.failed);
    for (bpf_map *map : {skel.maps.running, skel.maps.endings, skel.maps.spilled})
        create_map(map, ends);
    session.log().detail("probe: successes by raw_tp/sched_process_exec");
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    cli.describe_trial({"-x"});
    cli.describe_rows(describe_rows);
    add_options(cli, options);
    cli.parse();
    check_options(options, cli.common());

    Session session{info, cli.common()};
    if (options.tree)
        session.need_exec_ids();
    if (options.exit && !options.tree)
        session.send_spans();
    ExecSink sink{session, options};
    const FailureHooks failures = options.failed && cli.common().replay.empty()
                                      ? choose_failure_hooks(session.log(), options.probe)
                                      : FailureHooks{};
    return session.run(sink, AttachMethod<execsnoop_bpf>{
                                 "raw_tp", [&](auto &skel) { configure(skel, session, options, failures); },
                                 [&](auto &skel) {
                                     std::vector<Link> links = attach_execveat(
                                         session.log(), {skel.progs.on_failed_call, skel.progs.on_failed_call_old});
                                     attach_before(session.log(), skel, links);
                                     return links;
                                 }});
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
