// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
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
    // True if the kernel has several functions with this name.
    [[nodiscard]] bool is_ambiguous() const { return function().addresses.size() > 1; }
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

AttachMethod<Skel> method(Context context, const Kind &kind)
{
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
                skel.rodata->unit_ns = context.options.unit().ns;
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

Links attach_singly(Context context, bpf_program *program, bool at_return)
{
    const bool has_cookies = kernel::has_cookies();
    Links links;

    check_number(context, most_singly);
    raise_descriptor_limit();
    for (std::size_t i = 0; i < context.target.kernel.size(); i++) {
        const auto &name = context.target.kernel[i].name;
        if (Link link = try_kprobe(program, name, at_return, has_cookies ? i : 0))
            links.push_back(std::move(link));
        else
            context.tracer.log().detail("'{}' cannot be traced: {}", name, describe_errno(errno));
    }
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
    return method(context, {.name = "kprobe",
                            .timed = kernel::has_cookies() && context.target.kernel.size() <= most_timed,
                            .attach = [context](bpf_program *program,
                                                bool at_return) { return attach_singly(context, program, at_return); },
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

    if (context.is_ambiguous() && !context.target.is_pattern)
        context.tracer.log().detail("'{}' is the name of {} functions", context.function().name,
                                    context.function().addresses.size());
    if (context.options.probe == Probe::fentry)
        throw Error{exit_lacks, "--probe fentry: '{}' is the name of {} functions", context.function().name,
                    context.function().addresses.size()};
    if (context.target.is_pattern && kernel::has_kprobes())
        methods.push_back(one_by_one(context));
    return methods;
}

// ---- functions of programs, by return probes

void check_uprobes(Context context)
{
    if (!kernel::has_uprobes())
        throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
    if (context.target.names.size() > 1 && !kernel::has_cookies())
        throw Error{exit_lacks,
                    "'{}' matches {} functions, which this kernel cannot tell apart (requires Linux 5.15): give the "
                    "name of one",
                    context.target.text, context.target.names.size()};
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
                 std::vector<UprobeTarget> targets;
                 for (const auto &point : context.target.points)
                     targets.push_back({point.offset, 0, point.function});
                 return only(attach_uprobes(context.tracer.log(), program, context.target.points.front().file, targets,
                                            at_return));
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

} // namespace

std::vector<AttachMethod<Skel>> attach_methods(const Tracer &tracer, const Options &options,
                                               const FunctionTarget &target, const std::shared_ptr<Sites> &sites)
{
    const Context context{tracer, options, target};

    if (!target.points.empty()) {
        check_uprobes(context);
        return sites ? site_methods(tracer, options, target, sites) : return_probe_methods(context);
    }
    return target.is_pattern || context.is_ambiguous() ? pattern_methods(context) : kernel_methods(context);
}

} // namespace snoop::funclat
