// SPDX-License-Identifier: BSD-2-Clause
// funclat: measures how long calls to functions take.
#include "base/error.hpp"
#include "base/glob.hpp"
#include "cli/cli.hpp"
#include "funclat/function_targets.hpp"
#include "funclat/hooks.hpp"
#include "funclat/latency_view.hpp"
#include "funclat/options.hpp"
#include "funclat/return_probes.hpp"
#include "funclat/sites.hpp"
#include "funclat/slow_calls.hpp"
#include "kernel/features.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include <snoop/funclat.h>

#include <bpf/bpf.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "funclat.skel.h"

namespace {

using namespace snoop;
using namespace snoop::funclat;

constexpr ToolInfo info{"funclat",
                        "Measure how long calls to functions take, in the kernel or in programs.",
                        "Examples:\n"
                        "  funclat vfs_read                   a kernel function\n"
                        "  funclat -u -i 2 -p 42 tcp_sendmsg  one process, every 2 s, in microseconds\n"
                        "  funclat libc.so.6:malloc -- ls     a library function, called by a command\n"
                        "  funclat /usr/bin/bash:readline     a function of a program\n"
                        "  funclat vfs_read vfs_write         several functions, in a table\n"
                        "  funclat 'tcp_*'                    how often each matching function is called\n"
                        "  funclat -o json vfs_read | jq .avg\n",
                        0,
                        ToolInfo{}.power,
                        true};

void add_options(Cli &cli, Options &options)
{
    cli.arguments("FUNCTION", options.functions, "NAME, BINARY:NAME or BINARY:0xOFFSET; NAME can be a pattern")
        .completes(Complete::file)
        .required();
    cli.flag("-u,--microseconds", options.microseconds, "Print times in microseconds, not nanoseconds");
    cli.flag("-m,--milliseconds", options.milliseconds, "Print times in milliseconds");
    cli.flag("--gross", options.gross, "Print times with what the probes add to them")
        .manual("Print times with what the probes add to them. Without this option, what they add to an empty function "
                "is taken off the time of each call of a function of a program.");
    cli.seconds("-i,--interval", options.interval_s, "Print results every SECONDS")
        .manual("Print results every SECONDS. Fractions are accepted. Without this option, results are printed once, "
                "at the end.");
    cli.choice<funclat_by>("--by", "KEY", options.by,
                           {{"function", FUNCLAT_BY_FUNCTION, "the function alone"},
                            {"process", FUNCLAT_BY_PROCESS, "the process that calls it"},
                            {"thread", FUNCLAT_BY_THREAD, "the thread"},
                            {"comm", FUNCLAT_BY_COMM, "the name of the thread"}},
                           "Print a row for each caller")
        .manual("Print a row for each function and KEY. A call in an interrupt counts for the thread that was "
                "interrupted; a call counts where it begins, its time where it returns.");
    cli.flag("--histograms", options.histograms, "Print a histogram for each row")
        .manual("Print a histogram for each row, in place of the table.");
    cli.time("--slower", options.slower_ns, "Also print each call that takes TIME or longer, such as 10ms")
        .manual("Also print a row for each call that takes TIME or longer, when it returns. TIME is a number with "
                "`ns`, `us`, `ms` or `s`.");
    cli.flag("--count", options.count, "Count calls, and do not time them")
        .manual("Count calls, and do not time them. Returns are not probed, so this costs least, and also works for "
                "functions whose returns cannot be found.");
    options.map.add_to(cli);
    cli.choice<Probe>("--probe", "HOOK", options.probe,
                      {{"auto", Probe::automatic, "the first that works for the function; -v prints which"},
                       {"fentry", Probe::fentry, "fentry and fexit, for a kernel function"},
                       {"kprobe", Probe::kprobe, "kprobes, for kernel functions"},
                       {"uprobe", Probe::uprobe, "uprobes where a function of a program begins and returns"},
                       {"uretprobe", Probe::uretprobe, "return probes of a program: they can crash it"}},
                      "Hooks to use")
        .manual("Hooks to use. Before Linux 5.12, where fentry is not guarded against recursion, `auto` prefers "
                "`kprobe` to `fentry`.");
}

void check_options(const Options &options)
{
    if (options.microseconds && options.milliseconds)
        throw Error{exit_usage, "-u cannot be combined with -m (--uid selects a user)"};
    if (options.count && options.histograms)
        throw Error{exit_usage, "--count cannot be combined with --histograms: without times there are none"};
    if (options.count && options.slower_ns)
        throw Error{exit_usage, "--count cannot be combined with --slower: without times no call is slow"};
    if (options.count && options.probe == Probe::uretprobe)
        throw Error{exit_usage, "--count cannot be combined with --probe uretprobe: no return is traced"};
}

void check_probe(const Options &options, const std::string &text)
{
    const bool is_user = is_user_function(text);

    if (!is_user && (options.probe == Probe::uprobe || options.probe == Probe::uretprobe))
        throw Error{exit_usage,
                    "--probe {}: '{}' is a kernel function; for a function of a program, give BINARY:FUNCTION",
                    options.probe == Probe::uprobe ? "uprobe" : "uretprobe", text};
    if (is_user && (options.probe == Probe::fentry || options.probe == Probe::kprobe))
        throw Error{exit_usage, "--probe: '{}' is a function of a program; only uprobe and uretprobe can trace it",
                    text};
    if (options.probe == Probe::fentry && has_wildcard(text))
        throw Error{exit_usage, "--probe fentry takes one function; '{}' is a pattern", text};
    if (options.probe == Probe::fentry && options.functions.size() > 1)
        throw Error{exit_usage, "--probe fentry takes one function"};
}

// The instructions at which calls begin and end; null for functions of the kernel and for return probes.
std::shared_ptr<Sites> sites_of(const FunctionTarget &target, const Options &options)
{
    if (target.points.empty() || options.probe == Probe::uretprobe)
        return nullptr;
    const Sites sites = find_sites(target, kernel::has_cookies());
    return std::make_shared<Sites>(options.count ? entries_of(sites) : sites);
}

// Returns by function how much is taken off the time of each call.
std::vector<std::optional<std::uint64_t>> overheads(const FunctionTarget &target, const Sites *sites, bool gross)
{
    std::vector<std::optional<std::uint64_t>> all(target.names.size());

    if (sites && !gross)
        for (const auto &[function, cost] : sites->costs)
            if (!sites->untimed.contains(function))
                all[function] = cost.overhead_ns;
    return all;
}

// The programs that run on entry.
std::vector<const bpf_program *> entry_programs(const funclat_bpf &skel)
{
    std::vector<const bpf_program *> loaded;

    for (const bpf_program *program : {skel.progs.on_fentry, skel.progs.on_entry, skel.progs.on_entry_preempted,
                                       skel.progs.on_site, skel.progs.on_site_preempted})
        if (bpf_program__autoload(program))
            loaded.push_back(program);
    return loaded;
}

// Tells the programs which interval they count in.
void set_control(funclat_bpf &skel, const funclat_control &control)
{
    const std::uint32_t zero = 0;

    // Linux 5.5 and later can map .bss.
    if (skel.bss) {
        std::atomic_ref{skel.bss->control.epoch}.store(control.epoch);
        std::atomic_ref{skel.bss->control.is_open}.store(control.is_open);
    } else {
        bpf_map_update_elem(bpf_map__fd(skel.maps.bss), &zero, &control, BPF_ANY);
    }
}

int run(Cli &cli)
{
    Options options;

    cli.add_counting("--uid");
    cli.add_ancestors();
    cli.add_transport();
    cli.add_otlp();
    cli.describe_trial({"vfs_read"});
    cli.describe_rows(describe_rows);
    add_options(cli, options);
    cli.parse();
    check_options(options);
    if (cli.common().metrics.is_on() && options.by)
        throw Error{exit_usage, "{}: histograms are by function alone: omit --by", cli.common().metrics.option()};
    if (cli.common().show_ancestors && !options.slower_ns)
        throw Error{exit_usage, "--ancestors requires --slower: other rows are not of one process"};
    if (!cli.common().otlp.url.empty() && !options.slower_ns)
        throw Error{exit_usage, "--otlp requires --slower: the other rows are sums; --metrics serves those"};
    for (const std::string &function : options.functions)
        check_probe(options, function);
    // Files of others are read before the tracer blocks signals: however long that takes, one ends it.
    const FunctionTargets found = find_all_functions(options.functions, cli.common().numbers("--pid"));
    FunctionTarget target = found.target;
    const std::shared_ptr<Sites> sites = sites_of(target, options);

    Tracer tracer{info, cli.common()};
    for (const std::string &notice : target.notices)
        tracer.log().line("{}", notice);
    for (const std::string &detail : target.details)
        tracer.log().detail("{}", detail);
    if (options.probe == Probe::uretprobe)
        target = without_fatal_returns(target, tracer.log());
    SlowCalls slow_calls{tracer, target.names, found.binaries, options.unit()};
    slow_calls.start_export();
    tracer.prepare();
    LatencyView view{tracer,
                     {target.names, found.binaries, options.unit(), options.interval_s, options.histograms, options.by,
                      target.aliases, target.inlined}};
    if (sites)
        report(tracer.log(), target, sites->untimed, "are counted, not timed");
    auto attached = tracer.attach_first(attach_methods(tracer, options, target, sites),
                                        options.slower_ns ? slow_calls.observer() : AttachObserver<funclat_bpf>{});
    funclat_bpf &skel = **attached.skel;
    const bool timed = !skel.rodata->count_only;
    if (sites)
        report_costs(tracer.log(), target, *sites, options.gross);
    if (!timed && !options.count)
        tracer.log().line(
            "calls are counted, not timed; to time them, give fewer functions or use Linux 5.18 (kprobe.multi)");
    if (options.slower_ns && cli.common().shows("user"))
        tracer.sandbox().calls = SandboxCalls::user_names;
    view.run({.object = attached.skel->object(),
              .stats = skel.maps.stats,
              .slots = skel.rodata->has_sparse_slots ? nullptr : skel.maps.slots,
              .sparse_slots = timed ? skel.maps.sparse_slots : nullptr,
              .key_stats = options.by ? skel.maps.key_stats : nullptr,
              .reads = options.map.reads,
              .slow_calls = options.slower_ns ? &slow_calls : nullptr,
              .is_timed = timed,
              .calls = timed && (!target.kernel.empty() || !sites) ? skel.maps.calls : nullptr,
              .user_calls = sites ? skel.maps.user_calls : nullptr,
              .threads = sites ? skel.maps.threads : nullptr,
              .entries = entry_programs(skel),
              .control = [&skel](const funclat_control &control) { set_control(skel, control); },
              .overhead_ns = overheads(target, sites.get(), options.gross)});
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
