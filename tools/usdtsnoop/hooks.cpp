// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/hooks.hpp"
#include "attach/detach.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/task_filters.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <unistd.h>

namespace snoop::usdtsnoop {
namespace {

// The address of a string is unsigned and has the size of a pointer.
bool is_address(const usdt_arg_spec &spec, bool is_32bit)
{
    return (spec.type & ~USDT_TYPE_LOST) == (is_32bit ? 4 : 8);
}

std::vector<usdt_site> make_sites(const UsdtTargets &targets, const Options &options)
{
    std::vector<usdt_site> sites;

    for (const UsdtSite &found : targets.sites())
        sites.push_back(usdt_site_of(found));
    for (const std::size_t number : options.strings) {
        bool found_any = false;
        for (usdt_site &site : sites)
            if (number <= site.arg_count && is_address(site.args[number - 1], site.is_32bit)) {
                site.args[number - 1].type |= USDT_TYPE_STRING;
                found_any = true;
            }
        if (!found_any)
            throw Error{exit_usage,
                        "--string: argument {} is not an address in any of these probes; --list shows the types",
                        number};
    }
    return sites;
}

// An argument, or the string that it points to, is in memory, which may not be resident.
bool reads_memory(const usdt_site &site)
{
    return std::any_of(site.args, site.args + site.arg_count, [](const usdt_arg_spec &spec) {
        return spec.where == USDT_MEMORY || (spec.type & USDT_TYPE_STRING);
    });
}

} // namespace

Hooks::Hooks(const Session &session, const Options &options, const UsdtTargets &targets)
    : session_(session), options_(options), targets_(targets), sites_(make_sites(targets, options))
{
    const auto &sites = targets.sites();

    for (const UsdtAttachment &hook : targets.hooks()) {
        const UsdtSite &site = sites[hook.site];
        if (!has_cookies_ && site.first_here != hook.site) {
            const UsdtProbe &first = sites[site.first_here].probe;
            session.log().line("not showing {}:{}: it is at the same address as {}:{}, and this kernel (before 5.15) "
                               "cannot tell them apart",
                               site.probe.provider, site.probe.name, first.provider, first.name);
            continue;
        }
        hooks_.push_back(hook);
        if (reads_memory(sites_[hook.site]))
            hooks_of_memory_.push_back(hook);
    }
}

bool Hooks::may_fault_in() const { return !hooks_of_memory_.empty() && has_sleepable_uprobes(); }

std::vector<AttachMethod<usdtsnoop_bpf>> Hooks::attach_methods() const
{
    std::vector<AttachMethod<usdtsnoop_bpf>> methods;
    const auto add = [&](const char *name, const Method &method) {
        methods.push_back({name, [this, method](usdtsnoop_bpf &skel) { configure(skel, method); },
                           [this, method](usdtsnoop_bpf &skel) { return attach(skel, method); },
                           [this, method](usdtsnoop_bpf &skel) { fill(skel, method); }});
    };
    const bool of_all = session_.options().numbers("--pid").empty();

    if (!kernel::has_uprobes())
        throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
    for (const bool faults_in : {true, false}) {
        if (faults_in && !may_fault_in())
            continue;
        if (of_all ? has_uprobe_multi() : has_uprobe_multi_pid())
            add("uprobe_multi", {true, faults_in});
        add("uprobe", {false, faults_in});
    }
    return methods;
}

std::string Hooks::describe(const Method &method) const
{
    return fmt::format("{} for {} sites, told apart by {}; {}", method.multi ? "links (uprobe_multi)" : "uprobes",
                       hooks_.size(), has_cookies_ ? "cookies (5.15)" : "offset, as the kernel has no cookies",
                       method.faults_in           ? "a sleepable program (6.0) loads pages that arguments are in"
                       : hooks_of_memory_.empty() ? "no argument is in memory"
                                                  : "arguments in pages that are not loaded cannot be read");
}

bpf_program *Hooks::program(const usdtsnoop_bpf &skel) const
{
    return preempts_ ? skel.progs.usdt_hit_preempted : skel.progs.usdt_hit;
}

void Hooks::configure(usdtsnoop_bpf &skel, const Method &method) const
{
    const auto count = static_cast<std::uint32_t>(sites_.size());
    const auto cpus = static_cast<std::uint32_t>(std::max(1, libbpf_num_possible_cpus()));
    const std::uint32_t buffers = preempts_ ? cpus * USDT_BUFFERS : cpus;

    skel.rodata->own_pid = static_cast<std::uint32_t>(getpid());
    skel.rodata->has_cookies = has_cookies_;
    skel.rodata->page_bits = static_cast<std::uint8_t>(std::countr_zero(static_cast<unsigned long>(getpagesize())));
    skel.rodata->string_max = options_.string_max;
    bpf_map__set_max_entries(skel.maps.sites, count);
    bpf_map__set_max_entries(skel.maps.site_at, has_cookies_ ? 1 : count);
    bpf_map__set_max_entries(skel.maps.usdt_scratch, buffers);
    bpf_map__set_max_entries(skel.maps.taken, buffers);
    bpf_program__set_autoload(program(skel), true);
    bpf_program__set_autoload(skel.progs.usdt_fault_in, method.faults_in);
    create_map(skel.maps.unused_strings, method.faults_in);
    create_map(skel.maps.cgroup_ids, method.faults_in && !session_.options().cgroups.empty());
    if (method.multi) {
        use_uprobe_multi(program(skel));
        use_uprobe_multi(skel.progs.usdt_fault_in);
    }
    session_.log().detail("probe: {}", describe(method));
}

void Hooks::fill(usdtsnoop_bpf &skel, const Method &method) const
{
    std::map<std::uint64_t, std::uint32_t> at;

    for (std::uint32_t i = 0; i < sites_.size(); i++) {
        put(skel.maps.sites, &i, &sites_[i]);
        const UsdtSite &found = targets_.sites()[i];
        if (has_cookies_ || found.first_here != i)
            continue;
        if (const auto [other, is_new] = at.try_emplace(found.probe.offset, i); !is_new)
            throw Error{
                exit_lacks,
                "this kernel (before 5.15) cannot tell the probes of {} and {} apart: both are at offset {:#x} of "
                "their files; trace one at a time",
                targets_.sites()[other->second].binary, found.binary, found.probe.offset};
    }
    for (const auto &[offset, site] : at)
        put(skel.maps.site_at, &offset, &site);
    if (method.faults_in)
        for (const auto &[id, is_not] : cgroup_ids(session_.options()))
            add_to_set(skel.maps.cgroup_ids, "--cgroup", &id, filter_value(is_not));
}

// The kernel calls the program that was attached last first, so that the pages are there when the other one reads.
std::vector<Link> Hooks::attach(usdtsnoop_bpf &skel, const Method &method) const
{
    if (!method.multi)
        raise_descriptor_limit();
    UprobeGroups sites{session_.log(), points_of(hooks_)};
    std::vector<Link> links = sites.attach(program(skel), {.at_once = method.multi});
    report_refused(sites.refused(), links.empty());
    if (method.faults_in) {
        std::vector<UsdtAttachment> of_memory = hooks_of_memory_;
        std::erase_if(of_memory, [&](const UsdtAttachment &hook) {
            return sites.refused().contains(static_cast<std::uint32_t>(hook.site));
        });
        UprobeGroups more{session_.log(), points_of(of_memory)};
        std::ranges::move(more.attach(skel.progs.usdt_fault_in, {.at_once = method.multi}), std::back_inserter(links));
        report_refused(more.refused(), !more.refused().empty());
    }
    std::vector<Link> all;
    all.push_back(detach_in_turn(session_.log(), std::move(links), [&skel] { skel.bss->is_stopped = 1; }));
    return all;
}

void Hooks::report_refused(const std::map<std::uint32_t, std::string> &sites, bool are_all) const
{
    std::vector<UsdtProbe> probes;

    if (sites.empty())
        return;
    for (const auto &[site, why] : sites)
        probes.push_back(targets_.sites()[site].probe);
    const std::string text =
        fmt::format("the kernel refuses the uprobe at {}: {}", names_of(probes), sites.begin()->second);
    if (are_all)
        throw Error{exit_lacks, "{}", text};
    session_.log().line("not showing {}: {}", probes.size() == 1 ? "a probe" : fmt::format("{} probes", probes.size()),
                        text);
}

UprobeTarget Hooks::uprobe_target(std::size_t site) const
{
    const UsdtProbe &first = targets_.sites()[targets_.sites()[site].first_here].probe;
    return {first.offset, first.semaphore_offset, has_cookies_ ? site : 0};
}

// Each site is a group of its own.
std::vector<UprobePoint> Hooks::points_of(const std::vector<UsdtAttachment> &hooks) const
{
    std::vector<UprobePoint> points;

    for (const UsdtAttachment &hook : hooks)
        points.push_back({hook.file, hook.pid ? static_cast<pid_t>(hook.pid) : -1, uprobe_target(hook.site),
                          static_cast<std::uint32_t>(hook.site)});
    return points;
}

} // namespace snoop::usdtsnoop
