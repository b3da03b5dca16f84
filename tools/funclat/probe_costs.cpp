// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/probe_costs.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "funclat/empty_functions.hpp"
#include "kernel/features.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/per_cpu.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <future>
#include <limits>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace snoop::funclat {
namespace {

using Skel = funclat_bpf;

// Each function is called so many times.
constexpr std::size_t batches = 32, calls_at_once = 8;

// An empty function that is measured, the `number`-th.
struct Probed {
    EmptyFunction function;
    Execution execution; // of its first instruction, or of its last if that alone has a probe
    bool has_entry_probe;
};

std::vector<Probed> functions_for(const EmptyFunctions &functions, const Sites &sites)
{
    std::set<Execution> entries, exits{Execution::stepped};
    std::vector<Probed> all;

    for (const Site &site : sites.all)
        (is_entry(site.value) ? entries : exits).insert(site.execution);
    for (const Execution entry : entries)
        all.push_back({functions.with_entry(entry), entry, true});
    for (const Execution exit : exits)
        all.push_back({functions.with_exit(exit), exit, false});
    return all;
}

// The sites of the empty functions, by number.
std::vector<std::pair<std::uint64_t, funclat_site>> sites_of(const std::vector<Probed> &functions)
{
    std::vector<std::pair<std::uint64_t, funclat_site>> sites;

    for (std::uint32_t i = 0; i < functions.size(); i++) {
        funclat_site site{};
        site.function = i;
        site.kind = FUNCLAT_EXIT;
        sites.emplace_back(functions[i].function.exit, site);
        site.kind = FUNCLAT_ENTRY;
        if (functions[i].has_entry_probe)
            sites.emplace_back(functions[i].function.entry, site);
    }
    return sites;
}

AttachMethod<Skel> method(Tracer &tracer, SiteAttach attach, const std::string &file,
                          const std::vector<std::pair<std::uint64_t, funclat_site>> &sites)
{
    return {.name = "uprobe at empty functions",
            .configure =
                [attach, &sites](Skel &skel) {
                    bpf_program *program = nullptr;
                    bpf_object__for_each_program(program, skel.obj) bpf_program__set_autoload(program, false);
                    bpf_program__set_autoload(attach.program(skel), true);
                    bpf_program__set_autoattach(attach.program(skel), false);
                    if (attach.at_once)
                        use_uprobe_multi(attach.program(skel));
                    snoop_config config{}; // no filters
                    std::swap(config.own_btf, skel.rodata->config.own_btf);
                    skel.rodata->config = config;
                    bpf_map__set_max_entries(skel.maps.stats, 2 * static_cast<__u32>(sites.size()));
                    bpf_map__set_max_entries(skel.maps.slots, 2 * static_cast<__u32>(sites.size()));
                    bpf_map__set_max_entries(skel.maps.sites, static_cast<__u32>(sites.size()));
                    // As large as in the run, since that decides what is in caches; unless all of it were allocated.
                    if (!kernel::allocates_for_programs())
                        bpf_map__set_max_entries(skel.maps.user_calls, static_cast<__u32>(sites.size()));
                    bpf_map__set_max_entries(skel.maps.threads, 1);
                    for (bpf_map *map : {skel.maps.calls, skel.maps.sparse_slots, skel.maps.key_stats, skel.maps.events,
                                         skel.maps.wakeups})
                        create_map(map, false);
                },
            .attach_more =
                [&tracer, attach, &file, &sites](Skel &skel) {
                    std::vector<UprobeTarget> targets;
                    std::vector<Link> links;
                    for (std::uint64_t i = 0; i < sites.size(); i++)
                        targets.push_back({sites[i].first, 0, kernel::has_cookies() ? i : 0});
                    if (attach.at_once)
                        links.push_back(attach_uprobes(tracer.log(), attach.program(skel), file, targets));
                    else
                        for (const UprobeTarget &target : targets)
                            links.push_back(attach_uprobe(tracer.log(), attach.program(skel), -1, file, target));
                    return links;
                },
            .fill =
                [&sites](Skel &skel) {
                    for (std::uint64_t i = 0; i < sites.size(); i++) {
                        const std::uint64_t key = kernel::has_cookies() ? i : sites[i].first & FUNCLAT_OFFSET_BITS;
                        put(skel.maps.sites, &key, &sites[i].second);
                    }
                    if (!skel.bss)
                        throw Error{exit_lacks, "it cannot map .bss (requires Linux 5.5)"};
                    skel.bss->control.is_open = 1;
                }};
}

// The mean of the values without the lowest and the highest eighth: interrupts and other tasks come in between.
std::uint32_t usual(std::vector<std::uint64_t> values)
{
    const std::size_t eighth = values.size() / 8;

    if (values.empty())
        return 0;
    std::ranges::sort(values);
    const std::span middle = std::span{values}.subspan(eighth, values.size() - 2 * eighth);
    const std::uint64_t mean = std::accumulate(middle.begin(), middle.end(), std::uint64_t{0}) / middle.size();
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(mean, std::numeric_limits<std::uint32_t>::max()));
}

// The times of calls of an empty function.
class Times {
public:
    Times(const Probed &probed, const bpf_map *stats, std::uint32_t number)
        : probed_(probed), stats_(stats), number_(number)
    {}

    void take_batch()
    {
        const std::int64_t began = kernel::clock_ns(CLOCK_MONOTONIC);
        for (std::size_t i = 0; i < calls_at_once; i++)
            probed_.function.call();
        outside_.push_back(static_cast<std::uint64_t>(kernel::clock_ns(CLOCK_MONOTONIC) - began) / calls_at_once);
        funclat_stats sums{};
        for (const auto &one : read_per_cpu<funclat_stats>(stats_, 2 * number_)) {
            sums.returned += one.returned;
            sums.sum_ns += one.sum_ns;
        }
        if (const auto returned = sums.returned - before_.returned)
            inside_.push_back((sums.sum_ns - before_.sum_ns) / returned);
        before_ = sums;
    }

    // How long a call holds up its caller.
    [[nodiscard]] std::uint32_t outside_ns() const { return usual(outside_); }
    // How long the programs say that a call takes.
    [[nodiscard]] std::uint32_t inside_ns() const
    {
        if (inside_.empty())
            throw Error{exit_runtime, "no call of the empty function was seen"};
        return usual(inside_);
    }

private:
    const Probed &probed_;
    const bpf_map *stats_;
    std::uint32_t number_;
    funclat_stats before_{};
    std::vector<std::uint64_t> outside_, inside_;
};

std::uint32_t difference(std::uint32_t from, std::uint32_t subtrahend) { return from - std::min(from, subtrahend); }

} // namespace

MeasuredCosts measure_costs(Tracer &tracer, const Sites &sites, SiteAttach attach)
{
    const EmptyFunctions empty;
    const std::vector<Probed> functions = functions_for(empty, sites);
    const auto empty_sites = sites_of(functions);
    auto attached = tracer.attach_first<Skel>({method(tracer, attach, empty.file(), empty_sites)});
    std::vector<Times> times;
    ProbeCosts costs;

    for (std::uint32_t i = 0; i < functions.size(); i++)
        times.emplace_back(functions[i], (*attached.skel)->maps.stats, i);
    // In turn, so that a change of the CPU's speed meets all of them.
    for (std::size_t batch = 0; batch < batches; batch++)
        for (Times &one : times)
            one.take_batch();
    // The exits come last, and what an entry costs is known only then.
    for (std::size_t i = functions.size(); i-- > 0;) {
        if (functions[i].has_entry_probe)
            costs.entries[functions[i].execution] = {
                times[i].inside_ns(), difference(times[i].outside_ns(), costs.exits.at(Execution::stepped))};
        else
            costs.exits[functions[i].execution] = times[i].outside_ns();
    }
    auto detached = std::async(std::launch::async, [attached = std::move(attached)]() mutable {
        attached.links.clear();
        attached.skel.reset();
    });
    return {costs, Link{std::make_shared<std::future<void>>(std::move(detached))}};
}

void set_costs(Sites &sites, const ProbeCosts &costs)
{
    // The exits of a function come before its entry.
    const ProbeCosts::Entry *entry = nullptr;

    for (std::size_t i = sites.all.size(); i-- > 0;) {
        Site &site = sites.all[i];
        CallCost &cost = sites.costs[site.value.function];
        if (is_entry(site.value)) {
            entry = &costs.entries.at(site.execution);
            site.value.hit_ns = entry->hit_ns;
            cost.call_ns = std::max<std::uint64_t>(cost.call_ns, entry->hit_ns);
            continue;
        }
        site.value.hit_ns = costs.exits.at(site.execution);
        site.value.overhead_ns = entry->overhead_ns;
        cost = {std::max<std::uint64_t>(cost.call_ns, entry->hit_ns + site.value.hit_ns), entry->overhead_ns};
    }
}

void take_nothing_off(Sites &sites)
{
    for (Site &site : sites.all)
        site.value.overhead_ns = site.value.hit_ns = 0;
}

} // namespace snoop::funclat
