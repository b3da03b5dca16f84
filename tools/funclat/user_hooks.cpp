// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/user_hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "funclat/probe_costs.hpp"
#include "funclat/stats_maps.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace snoop::funclat {
namespace {

using Skel = funclat_bpf;

// Maps a file's code into this process, so that the kernel looks at the instructions when a probe is
// attached, and not only when a process maps the file later: then it would refuse them in silence.
// Nothing is read from the mapping.
class MappedCode {
public:
    explicit MappedCode(const std::string &file)
    {
        const Fd fd{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        struct stat info {};

        if (!fd || fstat(fd.get(), &info) != 0 || info.st_size <= 0)
            return;
        bytes_ = static_cast<std::size_t>(info.st_size);
        address_ = mmap(nullptr, bytes_, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
    }
    ~MappedCode()
    {
        if (address_ != MAP_FAILED)
            munmap(address_, bytes_);
    }
    MappedCode(const MappedCode &) = delete;
    MappedCode &operator=(const MappedCode &) = delete;

private:
    void *address_ = MAP_FAILED;
    std::size_t bytes_ = 0;
};

class SiteAttacher {
public:
    SiteAttacher(const Tracer &tracer, const FunctionTarget &target, Sites &sites)
        : tracer_(tracer), target_(target), sites_(sites)
    {
        for (std::size_t i = 0; i < sites_.all.size(); i++)
            by_function_[sites_.all[i].value.function].push_back(i);
    }

    // Attaches to the sites of all functions but those at which the kernel refuses a probe. Throws Error.
    std::vector<Link> attach(bpf_program *program, bool at_once)
    {
        std::map<std::string, MappedCode> mapped;
        std::vector<std::uint32_t> functions;

        for (const Site &site : sites_.all)
            mapped.try_emplace(site.file, site.file);
        for (const auto &[function, of_function] : by_function_)
            functions.push_back(function);
        if (at_once)
            attach_at_once(program, functions);
        else
            attach_singly(program, functions);
        report(tracer_.log(), target_, sites_.unprobed, "are not counted, since the kernel refuses the probe");
        if (links_.empty())
            throw Error{exit_lacks, "no function that '{}' names takes a probe", target_.text};
        return std::move(links_);
    }

private:
    // One link for each file. If the kernel refuses it, each half of the functions is tried, down to the
    // functions to blame.
    void attach_at_once(bpf_program *program, std::span<const std::uint32_t> functions)
    {
        std::map<std::string, std::vector<UprobeTarget>> targets;
        std::vector<Link> links;

        for (const std::uint32_t function : functions)
            for (const std::size_t i : by_function_[function])
                targets[sites_.all[i].file].push_back({sites_.all[i].offset, 0, i});
        try {
            for (const auto &[file, of_file] : targets)
                links.push_back(attach_uprobes(tracer_.log(), program, file, of_file));
            std::ranges::move(links, std::back_inserter(links_));
        } catch (const Error &error) {
            if (functions.size() == 1)
                return refuse(functions.front(), error);
            attach_at_once(program, functions.first(functions.size() / 2));
            attach_at_once(program, functions.subspan(functions.size() / 2));
        }
    }

    // One link for each site.
    void attach_singly(bpf_program *program, std::span<const std::uint32_t> functions)
    {
        if (sites_.all.size() > most_singly)
            throw Error{exit_usage,
                        "'{}' takes {} probes, but at most {} can be attached here: give a narrower pattern",
                        target_.text, sites_.all.size(), most_singly};
        raise_descriptor_limit();
        for (const std::uint32_t function : functions) {
            std::vector<Link> links;
            try {
                for (const std::size_t i : by_function_[function])
                    links.push_back(attach_site(program, i));
                std::ranges::move(links, std::back_inserter(links_));
            } catch (const Error &error) {
                if (error.code() == exit_usage)
                    throw;
                refuse(function, error);
            }
        }
    }

    [[nodiscard]] Link attach_site(bpf_program *program, std::size_t i) const
    {
        const Site &site = sites_.all[i];

        return attach_uprobe(tracer_.log(), program, site.pid, site.file,
                             {site.offset, 0, kernel::has_cookies() ? i : 0});
    }

    void refuse(std::uint32_t function, const Error &error)
    {
        sites_.untimed.erase(function);
        sites_.unprobed.emplace(function, error.what());
    }

    const Tracer &tracer_;
    const FunctionTarget &target_;
    Sites &sites_;
    std::map<std::uint32_t, std::vector<std::size_t>> by_function_; // numbers of sites
    std::vector<Link> links_;
};

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
                std::vector<Link> links = SiteAttacher{tracer, target, *sites}.attach(how.program(skel), how.at_once);
                links.push_back(std::move(cleanup));
                if (bpf_program__autoload(skel.progs.thread_exit_kprobe))
                    links.push_back(attach_kprobe(tracer.log(), skel.progs.thread_exit_kprobe, {"do_exit"}, false));
                return links;
            }};
}

} // namespace

void raise_descriptor_limit()
{
    rlimit limit{};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

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
