// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/kernel_hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "funclat/sites.hpp"
#include "funclat/user_hooks.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace snoop::funclat {
namespace {

// The most functions that two links each can trace, one of them at the return.
constexpr std::size_t most_timed = 64;

#if defined(__aarch64__)
constexpr bool is_arm64 = true;
#else
constexpr bool is_arm64 = false;
#endif

Links only(Link link)
{
    Links links;
    links.push_back(std::move(link));
    return links;
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

// ---- several kernel functions, which may have the same name

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

} // namespace

std::vector<AttachMethod<Skel>> one_function_methods(Context context)
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
    // On arm64, kernels that do not guard such programs load them, and cannot attach them before Linux 6.4.
    const bool can_attach = is_guarded || !is_arm64;
    const auto add_fentry = [&] {
        add(Probe::fentry, kernel::has_fentry() && can_attach, "it rejects fentry programs", fentry(context));
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

std::vector<AttachMethod<Skel>> several_functions_methods(Context context)
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

} // namespace snoop::funclat
