// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/user_hooks.hpp"
#include "attach/kprobe.hpp"
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <map>
#include <string>

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
    {}

    // Attaches to all sites but those of functions that take no probe. Throws Error.
    std::vector<Link> attach(bpf_program *program, bool at_once)
    {
        std::map<std::string, MappedCode> mapped;
        std::vector<Link> links;

        for (const Site &site : sites_.all)
            mapped.try_emplace(site.file, site.file);
        if (!at_once || !attach_at_once(program, links))
            attach_singly(program, links);
        for (const auto &[function, reason] : sites_.unprobed)
            tracer_.log().line("'{}' takes no probe, its calls are not counted: {}", target_.names[function], reason);
        if (links.empty())
            throw Error{exit_lacks, "no function that '{}' names takes a probe", target_.text};
        return links;
    }

private:
    // One link for each file. False if a function takes no probe.
    bool attach_at_once(bpf_program *program, std::vector<Link> &links) const
    {
        std::map<std::string, std::vector<UprobeTarget>> targets;

        for (std::size_t i = 0; i < sites_.all.size(); i++)
            targets[sites_.all[i].file].push_back({sites_.all[i].offset, 0, i});
        try {
            for (const auto &[file, of_file] : targets)
                links.push_back(attach_uprobes(tracer_.log(), program, file, of_file));
            return true;
        } catch (const Error &error) {
            tracer_.log().detail("{}; attaching one by one", error.what());
            links.clear();
            return false;
        }
    }

    void attach_singly(bpf_program *program, std::vector<Link> &links)
    {
        const bool has_cookies = kernel::has_cookies();
        std::map<std::uint32_t, std::vector<Link>> by_function;
        std::map<std::uint32_t, std::string> refused;

        raise_descriptor_limit();
        for (std::size_t i = 0; i < sites_.all.size(); i++) {
            const Site &site = sites_.all[i];
            if (refused.contains(site.value.function))
                continue;
            try {
                by_function[site.value.function].push_back(
                    attach_uprobe(tracer_.log(), program, site.pid, site.file, {site.offset, 0, has_cookies ? i : 0}));
            } catch (const Error &error) {
                if (error.code() == exit_usage)
                    throw;
                refused.emplace(site.value.function, error.what());
                by_function.erase(site.value.function);
            }
        }
        for (auto &[function, of_function] : by_function)
            std::move(of_function.begin(), of_function.end(), std::back_inserter(links));
        // The numbers of the sites that are attached stay: they are in the map already.
        for (const auto &[function, reason] : refused) {
            sites_.untimed.erase(function);
            sites_.unprobed.emplace(function, reason);
        }
    }

    const Tracer &tracer_;
    const FunctionTarget &target_;
    Sites &sites_;
};

void fill_sites(const bpf_map *map, const Sites &sites)
{
    const bool has_cookies = kernel::has_cookies();

    for (std::uint64_t i = 0; i < sites.all.size(); i++) {
        const std::uint64_t key = has_cookies ? i : sites.all[i].offset & FUNCLAT_OFFSET_BITS;
        put(map, &key, &sites.all[i].value);
    }
}

bool is_of_all_processes(const Sites &sites) { return !sites.all.empty() && sites.all.front().pid < 0; }

AttachMethod<Skel> site_method(const Tracer &tracer, const Options &options, const FunctionTarget &target,
                               const std::shared_ptr<Sites> &sites, bool at_once, bool on_task_stack)
{
    const auto program = [on_task_stack](Skel &skel) {
        return on_task_stack ? skel.progs.on_site_preempted : skel.progs.on_site;
    };
    return {at_once ? "uprobe.multi" : "uprobe",
            [&options, &target, sites, at_once, program](Skel &skel) {
                skel.rodata->unit_ns = options.unit().ns;
                skel.rodata->several = target.names.size() > 1;
                bpf_map__set_max_entries(skel.maps.stats, 2 * static_cast<__u32>(target.names.size()));
                bpf_map__set_max_entries(skel.maps.sites, static_cast<__u32>(sites->all.size()));
                create_map(skel.maps.calls, false);
                bpf_program__set_autoload(skel.progs.thread_exit, true);
                bpf_program__set_autoload(skel.progs.thread_exit_kprobe, kernel::has_kprobes());
                bpf_program__set_autoattach(skel.progs.thread_exit_kprobe, false);
                bpf_program__set_autoload(program(skel), true);
                bpf_program__set_autoattach(program(skel), false);
                if (at_once)
                    use_uprobe_multi(program(skel));
            },
            [&tracer, &target, sites, at_once, program](Skel &skel) {
                std::vector<Link> links = SiteAttacher{tracer, target, *sites}.attach(program(skel), at_once);
                if (kernel::has_kprobes())
                    links.push_back(attach_kprobe(tracer.log(), skel.progs.thread_exit_kprobe, {"do_exit"}, false));
                return links;
            },
            [sites](Skel &skel) { fill_sites(skel.maps.sites, *sites); }};
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

std::vector<AttachMethod<Skel>> site_methods(const Tracer &tracer, const Options &options, const FunctionTarget &target,
                                             const std::shared_ptr<Sites> &sites)
{
    const bool at_once = is_of_all_processes(*sites) && has_uprobe_multi();
    std::vector<AttachMethod<Skel>> methods;

    // Programs with a tail call load from 5.10 on (arm64: 6.0). Older kernels do not preempt uprobe programs.
    if (kernel::may_preempt_programs())
        methods.push_back(site_method(tracer, options, target, sites, at_once, true));
    methods.push_back(site_method(tracer, options, target, sites, at_once, false));
    return methods;
}

} // namespace snoop::funclat
