// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/user_hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "attach/uprobe_groups.hpp"
#include "base/error.hpp"
#include "funclat/probe_costs.hpp"
#include "funclat/stats_maps.hpp"
#include "kernel/features.hpp"
#include "kernel/privileges.hpp"
#include "libbpf/maps.hpp"

#include <bpf/libbpf.h>

#include <string>
#include <utility>

namespace snoop::funclat {
namespace {

using Skel = funclat_bpf;

// Attaches to the sites of all functions but those at which the kernel refuses a probe. Throws Error.
std::vector<Link> attach_sites(const Tracer &tracer, const FunctionTarget &target, Sites &sites, bpf_program *program,
                               bool at_once)
{
    std::vector<UprobePoint> points;

    for (std::size_t i = 0; i < sites.all.size(); i++) {
        const Site &site = sites.all[i];
        points.push_back({site.file, site.pid, {site.offset, 0, kernel::has_cookies() ? i : 0}, site.value.function});
    }
    if (!at_once && points.size() > most_singly)
        throw Error{exit_usage, "'{}' takes {} probes, but at most {} can be attached here: give a narrower pattern",
                    target.text, points.size(), most_singly};
    if (!at_once)
        raise_descriptor_limit();
    UprobeGroups functions{tracer.log(), std::move(points)};
    std::vector<Link> links = functions.attach(program, {.at_once = at_once});
    for (const auto &[function, why] : functions.refused())
        sites.untimed.erase(function);
    report_refused(tracer.log(), target, functions.refused(), links.empty());
    return links;
}

void fill_sites(const bpf_map *map, const Sites &sites)
{
    const bool has_cookies = kernel::has_cookies();

    for (std::uint64_t i = 0; i < sites.all.size(); i++) {
        const std::uint64_t key = has_cookies ? i : sites.all[i].offset & FUNCLAT_OFFSET_BITS;
        put(map, &key, &sites.all[i].value);
    }
}

// Without a measurement times are gross.
Link measure(Tracer &tracer, const Options &options, Sites &sites, SiteAttach how)
{
    Link cleanup;

    try {
        MeasuredCosts measured = measure_costs(tracer, sites, how);
        set_costs(sites, measured.costs);
        cleanup = std::move(measured.cleanup);
    } catch (const kernel::Refusal &) {
        throw;
    } catch (const Error &error) {
        tracer.log().line("times include what the probes cost, which cannot be measured: {}", error.what());
    }
    if (options.gross)
        take_nothing_off(sites);
    return cleanup;
}

bool is_of_all_processes(const Sites &sites) { return !sites.all.empty() && sites.all.front().pid < 0; }

AttachMethod<Skel> site_method(Tracer &tracer, const Options &options, const FunctionTarget &target,
                               const std::shared_ptr<Sites> &sites, SiteAttach how)
{
    return {how.at_once ? "uprobe.multi" : "uprobe",
            [&options, &target, sites, how](Skel &skel) {
                configure_stats(skel, target.names.size(), options);
                skel.rodata->count_only = options.count;
                skel.rodata->several = target.names.size() > 1;
                bpf_map__set_max_entries(skel.maps.sites, static_cast<__u32>(sites->all.size()));
                create_map(skel.maps.calls, !target.kernel.empty());
                bpf_program__set_autoload(skel.progs.thread_exit, !options.count);
                bpf_program__set_autoload(skel.progs.thread_exit_kprobe, !options.count && kernel::has_kprobes());
                bpf_program__set_autoattach(skel.progs.thread_exit_kprobe, false);
                bpf_program__set_autoload(how.program(skel), true);
                bpf_program__set_autoattach(how.program(skel), false);
                if (how.at_once)
                    use_uprobe_multi(how.program(skel));
            },
            [&tracer, &options, &target, sites, how](Skel &skel) {
                Link cleanup = measure(tracer, options, *sites, how);
                fill_sites(skel.maps.sites, *sites);
                std::vector<Link> links = attach_sites(tracer, target, *sites, how.program(skel), how.at_once);
                links.push_back(std::move(cleanup));
                if (bpf_program__autoload(skel.progs.thread_exit_kprobe))
                    links.push_back(attach_kprobe(tracer.log(), skel.progs.thread_exit_kprobe, {"do_exit"}, false));
                return links;
            }};
}

} // namespace

std::vector<AttachMethod<Skel>> site_methods(Tracer &tracer, const Options &options, const FunctionTarget &target,
                                             const std::shared_ptr<Sites> &sites)
{
    const bool at_once = is_of_all_processes(*sites) && has_uprobe_multi();
    std::vector<AttachMethod<Skel>> methods;

    // Programs with a tail call load from 5.10 on (arm64: 6.0). Older kernels do not preempt uprobe programs.
    if (kernel::may_preempt_programs())
        methods.push_back(site_method(tracer, options, target, sites, {at_once, true}));
    methods.push_back(site_method(tracer, options, target, sites, {at_once, false}));
    return methods;
}

} // namespace snoop::funclat
