// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/hooks.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "funclat/kernel_hooks.hpp"
#include "funclat/paired_hooks.hpp"
#include "funclat/user_hooks.hpp"
#include "kernel/features.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

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
        of_kernel = is_one && (!target.is_pattern || !target.points.empty()) ? one_function_methods(context)
                                                                             : several_functions_methods(context);
    }
    return of_kernel.empty()     ? of_programs
           : of_programs.empty() ? of_kernel
                                 : pairs_of(context, of_kernel, of_programs);
}

} // namespace snoop::funclat
