// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/hooks.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
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

} // namespace

Hooks::Hooks(const Session &session, const Options &options, const UsdtTargets &targets)
    : session_(session), options_(options), targets_(targets), sites_(make_sites(targets, options))
{}

std::vector<AttachMethod<usdtsnoop_bpf>> Hooks::attach_methods() const
{
    std::vector<AttachMethod<usdtsnoop_bpf>> methods;
    const auto add = [&](const char *name, auto attach, bool multi) {
        methods.push_back({name, [this, multi](usdtsnoop_bpf &skel) { configure(skel, multi); }, attach,
                           [this](usdtsnoop_bpf &skel) { fill(skel); }});
    };

    if (!kernel::has_uprobes())
        throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
    // Before 6.10, one link for all sites of a process reports only its first thread (46ba0e49b642).
    if (session_.options().keys("--pid").empty() && has_uprobe_multi())
        add(
            "uprobe_multi", [this](usdtsnoop_bpf &skel) { return attach_by_file(program(skel)); }, true);
    add(
        "uprobe", [this](usdtsnoop_bpf &skel) { return attach_singly(program(skel)); }, false);
    return methods;
}

bpf_program *Hooks::program(const usdtsnoop_bpf &skel) const
{
    return preempts_ ? skel.progs.usdt_hit_preempted : skel.progs.usdt_hit;
}

void Hooks::configure(usdtsnoop_bpf &skel, bool multi) const
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
    if (multi)
        use_uprobe_multi(program(skel));
    session_.log().detail("probe: {} for {} sites, told apart by {}", multi ? "a link (uprobe_multi, 6.6)" : "uprobes",
                          targets_.hooks().size(),
                          has_cookies_ ? "cookies (5.15)" : "offset, as the kernel has no cookies");
}

void Hooks::fill(usdtsnoop_bpf &skel) const
{
    std::map<std::uint64_t, std::uint32_t> at;

    for (std::uint32_t i = 0; i < sites_.size(); i++) {
        put(skel.maps.sites, &i, &sites_[i]);
        const UsdtSite &found = targets_.sites()[i];
        if (const auto [other, is_new] = at.try_emplace(found.probe.offset, i); !is_new && !has_cookies_)
            throw Error{
                exit_lacks,
                "this kernel (before 5.15) cannot tell the probes of {} and {} apart: both are at offset {:#x} of "
                "their files; trace one at a time",
                targets_.sites()[other->second].binary, found.binary, found.probe.offset};
    }
    if (!has_cookies_)
        for (const auto &[offset, site] : at)
            put(skel.maps.site_at, &offset, &site);
}

UprobeTarget Hooks::uprobe_target(std::size_t site) const
{
    const UsdtProbe &probe = targets_.sites()[site].probe;
    return {probe.offset, probe.semaphore_offset, has_cookies_ ? site : 0};
}

std::vector<Link> Hooks::attach_singly(bpf_program *program) const
{
    std::vector<Link> links;
    rlimit files{};

    // Each site takes two descriptors. The command is already running, so it keeps the old limit.
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (const UsdtAttachment &hook : targets_.hooks())
        links.push_back(attach_uprobe(session_.log(), program, hook.pid ? static_cast<pid_t>(hook.pid) : -1, hook.file,
                                      uprobe_target(hook.site)));
    return links;
}

std::vector<Link> Hooks::attach_by_file(bpf_program *program) const
{
    std::map<std::string, std::vector<UprobeTarget>> files;
    std::vector<Link> links;

    for (const UsdtAttachment &hook : targets_.hooks())
        files[hook.file].push_back(uprobe_target(hook.site));
    for (const auto &[file, targets] : files)
        links.push_back(attach_uprobes(session_.log(), program, file, targets));
    return links;
}

} // namespace snoop::usdtsnoop
