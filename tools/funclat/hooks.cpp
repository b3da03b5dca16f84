// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/hooks.hpp"
#include "attach/uprobe.hpp"
#include "attach/uprobe_groups.hpp"
#include "base/error.hpp"
#include "funclat/kernel_hooks.hpp"
#include "funclat/paired_hooks.hpp"
#include "funclat/sites.hpp"
#include "funclat/user_hooks.hpp"
#include "kernel/features.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace snoop::funclat {
namespace {

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

std::vector<UprobePoint> points_of(const FunctionTarget &target)
{
    std::vector<UprobePoint> points;

    for (const auto &[file, pid, offset, function] : target.points)
        points.push_back({file, pid, {offset, 0, function}, function});
    return points;
}

// Leaves out functions at which the kernel refuses a probe: a count of 0 would not tell.
std::vector<AttachMethod<Skel>> return_probe_methods(Context context)
{
    const auto functions = std::make_shared<UprobeGroups>(context.tracer.log(), points_of(context.target));
    const bool at_once =
        context.target.points.size() > 1 && context.target.points.front().pid < 0 && has_uprobe_multi();
    std::vector<AttachMethod<Skel>> methods;
    const auto add = [&](Kind kind) {
        kind.on_task_stack = kernel::may_preempt_programs();
        methods.push_back(method(context, kind));
        // Such programs load from 5.10 on (arm64: 6.0). Older kernels do not preempt uprobe programs.
        if (std::exchange(kind.on_task_stack, false))
            methods.push_back(method(context, kind));
    };

    add({.name = at_once ? "uprobe.multi" : "uprobe",
         .prepare = at_once ? use_uprobe_multi : [](bpf_program *) {},
         .attach =
             [context, functions, at_once](bpf_program *program, bool at_return) {
                 check_number(context, at_once ? most_at_once : most_singly);
                 if (!at_once)
                     raise_descriptor_limit();
                 Links links = functions->attach(program, {.at_once = at_once, .at_return = at_return});
                 if (!at_return) // the last of the two
                     report_refused(context.tracer.log(), context.target, functions->refused(), links.empty());
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
        of_kernel = is_one && (!target.is_pattern || !target.points.empty()) ? one_function_methods(context)
                                                                             : several_functions_methods(context);
    }
    return of_kernel.empty()     ? of_programs
           : of_programs.empty() ? of_kernel
                                 : pairs_of(context, of_kernel, of_programs);
}

} // namespace snoop::funclat
