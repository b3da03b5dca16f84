// SPDX-License-Identifier: BSD-2-Clause
// execcount: counts the programs that are executed.
#include "attach/failed_execs.hpp"
#include "cli/cli.hpp"
#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "execcount/keys.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include <snoop/execcount.h>

#include "execcount.skel.h"
#include "table/json_schema.hpp"

namespace {

using namespace snoop;
using namespace snoop::execcount;

constexpr ToolInfo info{"execcount", "Count executed programs by user, name, file, parent, cgroup or result.",
                        "Examples:\n"
                        "  execcount                     by user, every two seconds\n"
                        "  execcount --uid 1000 -i 0.5   one user, more often\n"
                        "  execcount --by path --top 10  which programs\n"
                        "  execcount -x --by ret         how many fail, and why\n"
                        "  execcount --once -- make      what a command executes\n"
                        "  execcount -o json | jq .rate\n"};

struct Options {
    count_by by = COUNT_BY_UID;
    bool failed = false;
    FailureProbe probe = FailureProbe::automatic;
    MapOptions map;
    CountViewOptions view;
};

void add_options(Cli &cli, Options &options)
{
    cli.choice<count_by>(
           "--by", "KEY", options.by,
           {{"uid", COUNT_BY_UID, "the user"},
            {"comm", COUNT_BY_COMM, "the name of the process"},
            {"path", COUNT_BY_PATH,
             "the file, as named or, if by a descriptor, by its own path; of a long one the end, 255 bytes"},
            {"exe", COUNT_BY_EXE,
             "the file that runs, by its own path: of a script its interpreter; of a long path the end, 255 bytes"},
            {"parent", COUNT_BY_PARENT, "the name of the parent"},
            {"ancestor", COUNT_BY_ANCESTOR, "the name of the oldest living ancestor below process 1"},
            {"cgroup", COUNT_BY_CGROUP, "the cgroup"},
            {"container", COUNT_BY_CONTAINER, "the container, by its cgroup"},
            {"unit", COUNT_BY_UNIT, "the unit of systemd, by its cgroup"},
            {"ret", COUNT_BY_RET, "the result"}},
           "Count by KEY")
        .manual("Count by KEY:");
    options.view.add_to(cli);
    add_failure_options(cli, options.failed, options.probe, "Also count failed attempts");
    options.map.add_to(cli);
}

int run(Cli &cli)
{
    Options options;

    cli.add_counting();
    cli.describe_trial({"-x"});
    cli.describe_rows([&] {
        return json_schema("execcount", {{"count", "Execs of one key, at each interval.",
                                          count_keys(key_columns(), options.view.measures)},
                                         describe_count_accounting(info.name, options.view)});
    });
    add_options(cli, options);
    cli.parse();
    check_failure_options(cli.common(), options.failed, options.probe);
    check_label(options.by, cli.common().metrics);
    options.view.measures[0].metric = "snoop_execs_total";
    options.view.measures[0].metric_help =
        options.failed ? "Executed programs, and failed attempts." : "Executed programs.";

    Tracer tracer{info, cli.common()};
    Keys keys{options.by, cli.common().redactor.get()};
    CountView view{tracer, keys, options.view};

    tracer.prepare();
    const bool by_cgroup =
        options.by == COUNT_BY_CGROUP || options.by == COUNT_BY_CONTAINER || options.by == COUNT_BY_UNIT;
    if (by_cgroup)
        tracer.show_cgroups();
    const FailureHooks failures = options.failed ? choose_failure_hooks(tracer.log(), options.probe) : FailureHooks{};
    const auto configure = [&](execcount_bpf &skel) {
        skel.rodata->count_by = options.by;
        bpf_map__set_key_size(skel.maps.counts, key_bytes(options.by));
        bpf_map__set_max_entries(skel.maps.counts, options.map.max_keys);
        keep_cgroup_names(skel.obj, skel.rodata->config, by_cgroup ? options.map.max_keys : 0);
        skel.rodata->only_32bit = failures.only_32bit();
        bpf_program__set_autoload(skel.progs.on_failed_call, failures.calls);
        bpf_program__set_autoload(skel.progs.on_failed_any, failures.any);
        bpf_program__set_autoload(skel.progs.on_failed_any_perf, failures.any_perf);
        tracer.log().detail("probe: successes by raw_tp/sched_process_exec");
    };
    auto attached = tracer.attach_first<execcount_bpf>(
        {AttachMethod<execcount_bpf>{"raw_tp", configure, [&](execcount_bpf &skel) {
                                         return attach_execveat(tracer.log(), {skel.progs.on_failed_call});
                                     }}});
    keys.read_cgroups_from(attached.skel->object());
    if (options.by == COUNT_BY_UID)
        tracer.sandbox().calls = SandboxCalls::user_names;
    CounterMap counts{(*attached.skel)->maps.counts, options.map.reads};
    tracer.log().detail("counters: {}", counts.is_batched() ? "read in batches" : "read one by one");
    view.run(counts, attached.skel->object());
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
