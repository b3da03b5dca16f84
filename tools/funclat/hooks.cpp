// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "funclat/stats_maps.hpp"
#include "funclat/user_hooks.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace snoop::funclat {
namespace {

// The most functions that one link can trace, and that two links each can trace, one of them at the return.
constexpr std::size_t most_at_once = 1024, most_timed = 64;

using Skel = funclat_bpf;

using Links = std::vector<Link>;

Links only(Link link)
{
    Links links;
    links.push_back(std::move(link));
    return links;
}

struct Context {
    const Tracer &tracer;
    const Options &options;
    const FunctionTarget &target;

    [[nodiscard]] const KernelFunction &function() const { return target.kernel.front(); }
    // The name of which the kernel has several functions; null if there is none.
    [[nodiscard]] const KernelFunction *ambiguous() const
    {
        const auto found =
            std::ranges::find_if(target.kernel, [](const auto &one) { return one.addresses.size() > 1; });
        return found == target.kernel.end() ? nullptr : &*found;
    }
};

struct Kind {
    const char *name;
    bool by_trampoline = false; // fentry and fexit programs, which get arguments instead of registers
    bool on_task_stack = false; // may be preempted: bpf/lib/private_stack.bpf.h
    bool timed = true;          // otherwise calls are only counted
    bool has_return_frames = true;
    std::function<void(bpf_program *)> prepare{}; // before the load
    std::function<Links(bpf_program *, bool at_return)> attach;
    std::function<void(Skel &)> fill{};
};

AttachMethod<Skel> method(Context context, Kind kind)
{
    kind.timed = kind.timed && !context.options.count;
    const auto programs = [kind](Skel &skel) {
        if (kind.by_trampoline)
            return std::pair{skel.progs.on_fentry, skel.progs.on_fexit};
        if (kind.on_task_stack)
            return std::pair{skel.progs.on_entry_preempted, skel.progs.on_return_preempted};
        return std::pair{skel.progs.on_entry, skel.progs.on_return};
    };
    return {kind.name,
            [context, kind, programs](Skel &skel) {
                const auto functions = static_cast<__u32>(context.target.names.size());
                configure_stats(skel, functions, context.options);
                skel.rodata->several = functions > 1;
                skel.rodata->count_only = !kind.timed;
                skel.rodata->has_return_frames = kind.has_return_frames;
                bpf_map__set_max_entries(skel.maps.functions, functions);
                bpf_program__set_autoload(skel.progs.task_free, kind.timed);
                const auto [entry, leave] = programs(skel);
                for (bpf_program *program : {entry, leave}) {
                    bpf_program__set_autoload(program, program == entry || kind.timed);
                    bpf_program__set_autoattach(program, false);
                    if (kind.prepare && bpf_program__autoload(program))
                        kind.prepare(program);
                }
                context.tracer.log().detail("probe: {}{}", kind.name, kind.timed ? "" : ", on entry only");
            },
            [kind, programs](Skel &skel) {
                // The return is attached first and detached last, so that no entry lacks its return.
                const auto [entry, leave] = programs(skel);
                Links returns = kind.timed ? kind.attach(leave, true) : Links{};
                Links links = kind.attach(entry, false);
                std::move(returns.begin(), returns.end(), std::back_inserter(links));
                return links;
            },
            kind.fill};
}

// ---- one kernel function

AttachMethod<Skel> fentry(Context context)
{
    const auto prepare = [context](bpf_program *program) {
        if (bpf_program__set_attach_target(program, 0, context.function().name.c_str()) != 0)
            throw Error{exit_lacks, "the kernel's BTF does not describe a function '{}'", context.function().name};
    };
    const auto attach = [context](bpf_program *program, bool) {
        Link link{bpf_program__attach_trace(program)};
        if (!link)
            throw_bpf_error(context.tracer.log(), "attach", errno);
        return only(std::move(link));
    };
    return method(context, {.name = "fentry", .by_trampoline = true, .prepare = prepare, .attach = attach});
}

AttachMethod<Skel> kprobe(Context context)
{
    return method(context,
                  {.name = "kprobe", .attach = [context](bpf_program *program, bool at_return) {
                       return only(attach_kprobe(context.tracer.log(), program, {context.function().name}, at_return));
                   }});
}

std::vector<AttachMethod<Skel>> kernel_methods(Context context)
{
    const bool is_guarded = kernel::guards_fentry();
    std::vector<AttachMethod<Skel>> methods;
    std::string missing;
    const auto add = [&](Probe probe, bool is_there, const char *lack, const AttachMethod<Skel> &method) {
        if (context.options.probe != Probe::automatic && context.options.probe != probe)
            return;
        if (is_there)
            methods.push_back(method);
        else
            missing += fmt::format("{}{}", missing.empty() ? "" : "; ", lack);
    };
    const auto add_fentry = [&] {
        add(Probe::fentry, kernel::has_fentry(), "it rejects fentry programs", fentry(context));
    };

    if (is_guarded)
        add_fentry();
    else
        context.tracer.log().detail("fentry programs can recurse (before Linux 5.12): prefer kprobes");
    add(Probe::kprobe, kernel::has_kprobes(), "it has no kprobes (CONFIG_KPROBES)", kprobe(context));
    if (!is_guarded)
        add_fentry();
    if (methods.empty())
        throw Error{exit_lacks, "functions of this kernel cannot be traced: {}", missing};
    if (!missing.empty())
        context.tracer.log().detail("not on this system: {}", missing);
    return methods;
}

// ---- several kernel functions, which may have the same name

void check_number(Context context, std::size_t most)
{
    const std::size_t number = std::max(context.target.kernel.size(), context.target.points.size());

    if (number > most)
        throw Error{exit_usage, "'{}' matches {} functions, but at most {} can be traced: give a narrower pattern",
                    context.target.text, number, most};
}

// Functions at which the kernel refuses a probe, and why.
using Refusals = std::map<std::uint32_t, std::string>;

// The returns are attached before the entries: a function whose return is refused gets no probe at its entry.
Links attach_singly(Context context, Refusals &refusals, bpf_program *program, bool at_return)
{
    const bool has_cookies = kernel::has_cookies();
    Links links;

    check_number(context, most_singly);
    raise_descriptor_limit();
    for (std::uint32_t i = 0; i < context.target.kernel.size(); i++) {
        if (refusals.contains(i))
            continue;
        if (Link link = try_kprobe(program, context.target.kernel[i].name, at_return, has_cookies ? i : 0))
            links.push_back(std::move(link));
        else
            refusals.emplace(i, describe_errno(errno));
    }
    if (!at_return)
        report(context.tracer.log(), context.target, refusals, "are not counted, since the kernel refuses the probe");
    if (links.empty())
        throw Error{exit_lacks, "none of the {} functions that match '{}' can be traced; -v says why",
                    context.target.kernel.size(), context.target.text};
    return links;
}

// On kernels without cookies, programs look up the number of a function by its address.
void fill_addresses(Context context, const bpf_map *map)
{
    for (std::uint32_t i = 0; i < context.target.kernel.size(); i++) {
#if defined(__x86_64__)
        const std::uint64_t address = context.target.kernel[i].addresses.front() + 1; // after the breakpoint
#else
        const std::uint64_t address = context.target.kernel[i].addresses.front();
#endif
        put(map, &address, &i);
    }
}

// Detaching a link waits for an RCU grace period. If there are many functions, trace only their entries.
AttachMethod<Skel> one_by_one(Context context)
{
    const auto refusals = std::make_shared<Refusals>();

    return method(context, {.name = "kprobe",
                            .timed = context.target.kernel.size() <= most_timed,
                            .attach =
                                [context, refusals](bpf_program *program, bool at_return) {
                                    return attach_singly(context, *refusals, program, at_return);
                                },
                            .fill = [context](Skel &skel) { fill_addresses(context, skel.maps.functions); }});
}

std::vector<AttachMethod<Skel>> pattern_methods(Context context)
{
    std::vector<AttachMethod<Skel>> methods{
        method(context, {.name = "kprobe.multi",
                         .has_return_frames = false,
                         .prepare = use_kprobe_multi,
                         .attach = [context](bpf_program *program, bool at_return) {
                             check_number(context, most_at_once);
                             return only(attach_kprobes(program, context.target.kernel, at_return));
                         }})};

    const KernelFunction *ambiguous = context.ambiguous();
    if (ambiguous)
        context.tracer.log().detail("'{}' is the name of {} functions", ambiguous->name, ambiguous->addresses.size());
    if (ambiguous && context.options.probe == Probe::fentry)
        throw Error{exit_lacks, "--probe fentry: '{}' is the name of {} functions", ambiguous->name,
                    ambiguous->addresses.size()};
    if (!ambiguous && kernel::has_kprobes())
        methods.push_back(one_by_one(context));
    return methods;
}

// ---- functions of programs, by return probes

void check_uprobes(Context context)
{
    if (!kernel::has_uprobes())
        throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
    if (!kernel::has_cookies() && context.target.names.size() - context.target.kernel.size() > 1)
        throw Error{exit_lacks,
                    "'{}' matches {} functions of programs, which this kernel cannot tell apart (requires Linux 5.15): "
                    "give the name of one",
                    context.target.text, context.target.names.size() - context.target.kernel.size()};
}

std::vector<AttachMethod<Skel>> return_probe_methods(Context context)
{
    std::vector<AttachMethod<Skel>> methods;
    const auto add = [&](Kind kind) {
        kind.on_task_stack = kernel::may_preempt_programs();
        methods.push_back(method(context, kind));
        // Such programs load from 5.10 on (arm64: 6.0). Older kernels do not preempt uprobe programs.
        if (std::exchange(kind.on_task_stack, false))
            methods.push_back(method(context, kind));
    };

    if (context.target.points.size() > 1 && context.target.points.front().pid < 0 && has_uprobe_multi())
        add({.name = "uprobe.multi",
             .prepare = use_uprobe_multi,
             .attach = [context](bpf_program *program, bool at_return) {
                 check_number(context, most_at_once);
                 std::map<std::string, std::vector<UprobeTarget>> targets;
                 Links links;
                 for (const auto &point : context.target.points)
                     targets[point.file].push_back({point.offset, 0, point.function});
                 for (const auto &[file, of_file] : targets)
                     links.push_back(attach_uprobes(context.tracer.log(), program, file, of_file, at_return));
                 return links;
             }});
    else
        add({.name = "uprobe", .attach = [context](bpf_program *program, bool at_return) {
                 Links links;
                 check_number(context, most_singly);
                 raise_descriptor_limit();
                 for (const auto &[file, pid, offset, number] : context.target.points)
                     links.push_back(
                         attach_uprobe(context.tracer.log(), program, pid, file, {offset, 0, number}, at_return));
                 return links;
             }});
    return methods;
}

// ---- functions of the kernel and of programs

AttachMethod<Skel> both(Context context, const AttachMethod<Skel> &of_kernel, const AttachMethod<Skel> &of_programs)
{
    return {of_kernel.name + ", " + of_programs.name,
            [context, of_kernel, of_programs](Skel &skel) {
                of_kernel.configure(skel);
                if (skel.rodata->count_only && !context.options.count)
                    throw Error{exit_usage, "this kernel can only count calls of so many kernel functions: trace the "
                                            "functions of programs in a run of their own"};
                of_programs.configure(skel);
            },
            [of_kernel, of_programs](Skel &skel) {
                Links links = of_kernel.attach_more(skel);
                std::ranges::move(of_programs.attach_more(skel), std::back_inserter(links));
                return links;
            },
            [of_kernel, of_programs](Skel &skel) {
                for (const auto *method : {&of_kernel, &of_programs})
                    if (method->fill)
                        method->fill(skel);
            }};
}

std::vector<AttachMethod<Skel>> pairs_of(Context context, const std::vector<AttachMethod<Skel>> &of_kernel,
                                         const std::vector<AttachMethod<Skel>> &of_programs)
{
    std::vector<AttachMethod<Skel>> methods;

    for (const auto &kernel : of_kernel)
        for (const auto &programs : of_programs)
            methods.push_back(both(context, kernel, programs));
    return methods;
}

} // namespace

std::vector<AttachMethod<Skel>> attach_methods(Tracer &tracer, const Options &options, const FunctionTarget &target,
                                               const std::shared_ptr<Sites> &sites)
{
    const Context context{tracer, options, target};
    std::vector<AttachMethod<Skel>> of_kernel, of_programs;

    if (!target.points.empty()) {
        check_uprobes(context);
        of_programs = sites ? site_methods(tracer, options, target, sites) : return_probe_methods(context);
    }
    if (!target.kernel.empty()) {
        const bool is_one = target.kernel.size() == 1 && !context.ambiguous();
        // A pattern that matches one function today may match more tomorrow: the hook stays the same.
        of_kernel = is_one && (!target.is_pattern || !target.points.empty()) ? kernel_methods(context)
                                                                             : pattern_methods(context);
    }
    return of_kernel.empty()     ? of_programs
           : of_programs.empty() ? of_kernel
                                 : pairs_of(context, of_kernel, of_programs);
}

} // namespace snoop::funclat
