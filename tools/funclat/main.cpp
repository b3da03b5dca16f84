// SPDX-License-Identifier: BSD-2-Clause
// funclat: its options, which functions are meant, and which hooks it takes.
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
#include "cli/cli.hpp"
#include "funclat/function_target.hpp"
#include "funclat/latency_view.hpp"
#include "kernel/features.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include <snoop/funclat.h>

#include <bpf/bpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "funclat.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"funclat", "Measures how long calls of a function take, in the kernel or in a program.",
                        "Examples:\n"
                        "  funclat vfs_read                   a function of the kernel\n"
                        "  funclat -u -i 2 -p 42 tcp_sendmsg  microseconds, every 2 s, of one process\n"
                        "  funclat libc.so.6:malloc -- ls     a function of a library, called by a command\n"
                        "  funclat /usr/bin/bash:readline     of a program\n"
                        "  funclat 'tcp_*'                    how often each of these is called\n"
                        "  funclat -o json vfs_read | jq .avg"};

enum class Probe { automatic, fentry, kprobe, uprobe };

// How many functions can be traced: by one link for all; by one for each; by one for each and
// one for its return.
constexpr std::size_t most_at_once = 1024, most_singly = 512, most_timed = 64;

struct Options {
    std::vector<std::string> functions;
    Probe probe = Probe::automatic;
    bool microseconds = false, milliseconds = false;
    std::string interval_text;
    std::optional<double> interval_s;

    [[nodiscard]] TimeUnit unit() const
    {
        return milliseconds ? TimeUnit{"ms", 1'000'000} : microseconds ? TimeUnit{"us", 1'000} : TimeUnit{"ns", 1};
    }
};

void add_options(Cli &cli, Options &options)
{
    cli.arguments("FUNCTION", options.functions, "Of the kernel, or BINARY:FUNCTION; * ? [abc] are wildcards");
    cli.choice<Probe>(
        "--probe", options.probe,
        {{"auto", Probe::automatic}, {"fentry", Probe::fentry}, {"kprobe", Probe::kprobe}, {"uprobe", Probe::uprobe}},
        "Which hooks (default: the first of these that the function can have)");
    cli.flag("-u,--microseconds", options.microseconds, "Times in microseconds, not nanoseconds");
    cli.flag("-m,--milliseconds", options.milliseconds, "Times in milliseconds");
    cli.option("-i,--interval", "SECONDS", options.interval_text,
               "Show each interval by itself (default: one for all at the end); fractions are fine");
}

void check_options(Options &options)
{
    if (options.functions.empty())
        throw Error{exit_usage,
                    "say which function: funclat FUNCTION, or funclat BINARY:FUNCTION; see `funclat --help`"};
    if (options.functions.size() > 1)
        throw Error{exit_usage, "one function, or one pattern in quotes: '{}' is not expected", options.functions[1]};
    if (options.microseconds && options.milliseconds)
        throw Error{exit_usage, "-u and -m exclude each other (a user is given with --uid)"};
    if (!options.interval_text.empty())
        options.interval_s = parse_seconds("--interval", options.interval_text);
}

FunctionTarget find_target(const Options &options, const CommonOptions &common)
{
    const std::string &text = options.functions.front();
    const bool is_user = is_user_function(text);

    if (!is_user && options.probe == Probe::uprobe)
        throw Error{exit_usage,
                    "--probe uprobe: '{}' is a function of the kernel; those of programs are BINARY:FUNCTION", text};
    if (is_user && (options.probe == Probe::fentry || options.probe == Probe::kprobe))
        throw Error{exit_usage, "--probe: '{}' is a function of a program, which has uprobes only", text};
    if (options.probe == Probe::fentry && is_pattern(text))
        throw Error{exit_usage, "--probe fentry takes one function; '{}' is a pattern", text};
    return find_functions(text, common.pids);
}

// ---- hooks ----------------------------------------------------------------------------------

using Skel = funclat_bpf;

// A link takes a descriptor or two.
void raise_descriptor_limit()
{
    rlimit limit{};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

using Links = std::vector<Link>;

Links only(Link link)
{
    Links links;
    links.push_back(std::move(link));
    return links;
}

class Ways {
public:
    Ways(const Tracer &tracer, const Options &options, const FunctionTarget &target)
        : tracer_(tracer), options_(options), target_(target)
    {}

    // In the order of preference.
    [[nodiscard]] std::vector<AttachMethod<Skel>> all() const
    {
        if (!target_.places.empty())
            return user_ways();
        return target_.is_pattern || is_ambiguous() ? pattern_ways() : kernel_ways();
    }

private:
    struct Kind {
        const char *name;
        bool by_trampoline = false; // fentry and fexit, not programs that get registers
        bool on_task_stack = false; // programs that may be preempted: bpf/lib/private_stack.bpf.h
        bool timed = true;          // else calls are counted only
        bool has_return_frames = true;
        std::function<void(bpf_program *)> prepare{}; // before the load
        std::function<Links(bpf_program *, bool at_return)> attach;
        std::function<void(Skel &)> fill{};
    };

    [[nodiscard]] AttachMethod<Skel> way(const Kind &kind) const
    {
        const auto programs = [kind](Skel &skel) {
            if (kind.by_trampoline)
                return std::pair{skel.progs.on_fentry, skel.progs.on_fexit};
            if (kind.on_task_stack)
                return std::pair{skel.progs.on_entry_preempted, skel.progs.on_return_preempted};
            return std::pair{skel.progs.on_entry, skel.progs.on_return};
        };
        return {kind.name,
                [this, kind, programs](Skel &skel) {
                    const auto functions = static_cast<__u32>(target_.names.size());
                    skel.rodata->unit_ns = options_.unit().ns;
                    skel.rodata->several = functions > 1;
                    skel.rodata->count_only = !kind.timed;
                    skel.rodata->has_return_frames = kind.has_return_frames;
                    bpf_map__set_max_entries(skel.maps.stats, 2 * functions);
                    bpf_map__set_max_entries(skel.maps.functions, functions);
                    bpf_program__set_autoload(skel.progs.task_free, kind.timed);
                    const auto [entry, leave] = programs(skel);
                    for (bpf_program *program : {entry, leave}) {
                        bpf_program__set_autoload(program, program == entry || kind.timed);
                        bpf_program__set_autoattach(program, false);
                        if (kind.prepare && bpf_program__autoload(program))
                            kind.prepare(program);
                    }
                    tracer_.log().detail("probe: {}{}", kind.name, kind.timed ? "" : ", at the entry alone");
                },
                [kind, programs](Skel &skel) {
                    // The return first, so that no entry waits for one in vain; it is destroyed last.
                    const auto [entry, leave] = programs(skel);
                    Links returns = kind.timed ? kind.attach(leave, true) : Links{};
                    Links links = kind.attach(entry, false);
                    std::move(returns.begin(), returns.end(), std::back_inserter(links));
                    return links;
                },
                kind.fill};
    }

    // ---- one function of the kernel

    [[nodiscard]] std::vector<AttachMethod<Skel>> kernel_ways() const
    {
        const bool is_guarded = kernel::guards_fentry();
        std::vector<AttachMethod<Skel>> ways;
        std::string lacks;
        const auto add = [&](Probe probe, bool is_there, const char *lack, const AttachMethod<Skel> &way) {
            if (options_.probe != Probe::automatic && options_.probe != probe)
                return;
            if (is_there)
                ways.push_back(way);
            else
                lacks += fmt::format("{}{}", lacks.empty() ? "" : "; ", lack);
        };
        const auto add_fentry = [&] {
            add(Probe::fentry, kernel::has_fentry(), "it does not let fentry programs load", fentry());
        };

        if (is_guarded)
            add_fentry();
        else
            tracer_.log().detail("fentry is not guarded against itself (it is since Linux 5.12): kprobes first");
        add(Probe::kprobe, kernel::has_kprobes(), "it has no kprobes (CONFIG_KPROBES)", kprobe());
        if (!is_guarded)
            add_fentry();
        if (ways.empty())
            throw Error{exit_lacks, "functions of this kernel cannot be traced: {}", lacks};
        if (!lacks.empty())
            tracer_.log().detail("not on this system: {}", lacks);
        return ways;
    }

    [[nodiscard]] const KernelFunction &function() const { return target_.kernel.front(); }
    [[nodiscard]] bool is_ambiguous() const { return function().addresses.size() > 1; }

    [[nodiscard]] AttachMethod<Skel> fentry() const
    {
        const auto prepare = [this](bpf_program *program) {
            if (bpf_program__set_attach_target(program, 0, function().name.c_str()) != 0)
                throw Error{exit_lacks, "'{}' is not among the functions that the kernel's BTF describes",
                            function().name};
        };
        const auto attach = [this](bpf_program *program, bool) {
            Link link{bpf_program__attach_trace(program)};
            if (!link)
                throw_bpf_error(tracer_.log(), "attach", errno);
            return only(std::move(link));
        };
        return way({.name = "fentry", .by_trampoline = true, .prepare = prepare, .attach = attach});
    }

    [[nodiscard]] AttachMethod<Skel> kprobe() const
    {
        return way({.name = "kprobe", .attach = [this](bpf_program *program, bool at_return) {
                        return only(attach_kprobe(tracer_.log(), program, function().name, at_return));
                    }});
    }

    // ---- several functions of the kernel, or several of one name

    [[nodiscard]] std::vector<AttachMethod<Skel>> pattern_ways() const
    {
        std::vector<AttachMethod<Skel>> ways{way({.name = "kprobe.multi",
                                                  .has_return_frames = false,
                                                  .prepare = use_kprobe_multi,
                                                  .attach = [this](bpf_program *program, bool at_return) {
                                                      check_number(most_at_once);
                                                      return only(attach_kprobes(program, target_.kernel, at_return));
                                                  }})};

        if (is_ambiguous() && !target_.is_pattern)
            tracer_.log().detail("'{}' is the name of {} functions", function().name, function().addresses.size());
        if (options_.probe == Probe::fentry)
            throw Error{exit_lacks, "--probe fentry: '{}' is the name of {} functions", function().name,
                        function().addresses.size()};
        if (target_.is_pattern && kernel::has_kprobes())
            ways.push_back(one_by_one());
        return ways;
    }

    void check_number(std::size_t most) const
    {
        const std::size_t number = std::max(target_.kernel.size(), target_.places.size());

        if (number > most)
            throw Error{exit_usage, "'{}' matches {} functions, at most {} are possible here: a narrower pattern",
                        target_.text, number, most};
    }

    // Each costs a grace period of the kernel when it is taken away: of very many the entry will do.
    [[nodiscard]] AttachMethod<Skel> one_by_one() const
    {
        return way(
            {.name = "kprobe",
             .timed = kernel::has_cookies() && target_.kernel.size() <= most_timed,
             .attach = [this](bpf_program *program, bool at_return) { return attach_singly(program, at_return); },
             .fill = [this](Skel &skel) { fill_addresses(skel.maps.functions); }});
    }

    Links attach_singly(bpf_program *program, bool at_return) const
    {
        const bool has_cookies = kernel::has_cookies();
        Links links;

        check_number(most_singly);
        raise_descriptor_limit();
        for (std::size_t i = 0; i < target_.kernel.size(); i++) {
            const auto &name = target_.kernel[i].name;
            if (Link link = try_kprobe(program, name, at_return, has_cookies ? i : 0))
                links.push_back(std::move(link));
            else
                tracer_.log().detail("'{}' cannot be traced: {}", name, describe_errno(errno));
        }
        if (links.empty())
            throw Error{exit_lacks, "none of the {} functions that match '{}' can be traced; -v says why",
                        target_.kernel.size(), target_.text};
        return links;
    }

    // Where programs get no cookies, they find a function's number by its address.
    void fill_addresses(const bpf_map *map) const
    {
        for (std::uint32_t i = 0; i < target_.kernel.size(); i++) {
#if defined(__x86_64__)
            const std::uint64_t address = target_.kernel[i].addresses.front() + 1; // behind the breakpoint
#else
            const std::uint64_t address = target_.kernel[i].addresses.front();
#endif
            if (bpf_map_update_elem(bpf_map__fd(map), &address, &i, BPF_ANY) != 0)
                throw Error{exit_runtime, "cannot fill the map {}: {}", bpf_map__name(map), describe_errno(errno)};
        }
    }

    // ---- functions of programs

    [[nodiscard]] std::vector<AttachMethod<Skel>> user_ways() const
    {
        std::vector<AttachMethod<Skel>> ways;
        const auto add = [&](Kind kind) {
            kind.on_task_stack = kernel::may_preempt_programs();
            ways.push_back(way(kind));
            // Not before 5.10, on arm64 6.0; but there nothing is preempted on a uprobe.
            if (std::exchange(kind.on_task_stack, false))
                ways.push_back(way(kind));
        };

        if (!kernel::has_uprobes())
            throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
        if (target_.names.size() > 1 && !kernel::has_cookies())
            throw Error{
                exit_lacks,
                "'{}' matches {} functions, which this kernel does not tell apart (it takes Linux 5.15): name one",
                target_.text, target_.names.size()};
        if (target_.places.size() > 1 && target_.places.front().pid < 0 && has_uprobe_multi())
            add({.name = "uprobe.multi",
                 .prepare = use_uprobe_multi,
                 .attach = [this](bpf_program *program, bool at_return) {
                     check_number(most_at_once);
                     std::vector<UprobeTarget> places;
                     for (const auto &place : target_.places)
                         places.push_back({place.offset, 0, place.function});
                     return only(
                         attach_uprobes(tracer_.log(), program, target_.places.front().file, places, at_return));
                 }});
        else
            add({.name = "uprobe", .attach = [this](bpf_program *program, bool at_return) {
                     Links links;
                     check_number(most_singly);
                     raise_descriptor_limit();
                     for (const auto &[file, pid, offset, number] : target_.places)
                         links.push_back(
                             attach_uprobe(tracer_.log(), program, pid, file, {offset, 0, number}, at_return));
                     return links;
                 }});
        return ways;
    }

    const Tracer &tracer_;
    const Options &options_;
    const FunctionTarget &target_;
};

// The one that was loaded of those that see calls begin.
const bpf_program *entry_of(const Skel &skel)
{
    for (const bpf_program *program : {skel.progs.on_fentry, skel.progs.on_entry_preempted})
        if (bpf_program__autoload(program))
            return program;
    return skel.progs.on_entry;
}

// A map of .bss that can be mapped came with 5.5.
void set_control(Skel &skel, const funclat_control &control)
{
    const std::uint32_t zero = 0;

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
    add_options(cli, options);
    cli.parse();
    check_options(options);
    const FunctionTarget target = find_target(options, cli.common());

    Tracer tracer{info, cli.common()};
    tracer.prepare();
    LatencyView view{tracer, {target.names, target.binary, options.unit(), options.interval_s}};
    const Ways ways{tracer, options, target};
    auto attached = tracer.attach_first(ways.all());
    Skel &skel = **attached.skel;
    const bool timed = !skel.rodata->count_only;
    if (!timed)
        tracer.log().line("calls are counted, and not timed: that takes fewer functions, or kprobe.multi (Linux 5.18)");
    view.run({.object = attached.skel->object(),
              .stats = skel.maps.stats,
              .calls = timed ? skel.maps.calls : nullptr,
              .entry = entry_of(skel),
              .control = [&skel](const funclat_control &control) { set_control(skel, control); }});
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
