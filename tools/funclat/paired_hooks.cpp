// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/paired_hooks.hpp"
#include "base/error.hpp"
#include "funclat/stats_maps.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace snoop::funclat {

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

void check_number(Context context, std::size_t most)
{
    const std::size_t number = std::max(context.target.kernel.size(), context.target.points.size());

    if (number > most)
        throw Error{exit_usage, "'{}' matches {} functions, but at most {} can be traced: give a narrower pattern",
                    context.target.text, number, most};
}

} // namespace snoop::funclat
