// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/task_filters.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

namespace snoop {
namespace {

bpf_map *find_map(bpf_object *object, const char *name) { return bpf_object__find_map_by_name(object, name); }

// A directory as it is, or as cgroups are usually named: relative to the mount.
Fd open_cgroup(const std::string &path)
{
    const auto mount = kernel::cgroup2_mount();
    Fd fd{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    if (!fd && mount)
        fd = Fd{open((*mount + "/" + path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd)
        throw Error{exit_usage, "--cgroup: '{}' is not a directory{}", path,
                    mount ? fmt::format("; cgroups are those below {}", *mount)
                          : "; cgroup v2 is not mounted: `mount -t cgroup2 cgroup2 /sys/fs/cgroup`"};
    return fd;
}

void fill_cgroups(const std::vector<std::string> &paths, bpf_object *object)
{
    const bpf_map *map = find_map(object, "cgroup_filter");

    if (paths.size() > bpf_map__max_entries(map))
        throw Error{exit_usage, "--cgroup: {} given, {} are possible", paths.size(), bpf_map__max_entries(map)};
    for (std::uint32_t i = 0; i < paths.size(); i++) {
        const Fd fd = open_cgroup(paths[i]);
        const int value = fd.get();
        // EBADF, EINVAL: a directory, but not of cgroup v2.
        if (bpf_map_update_elem(bpf_map__fd(map), &i, &value, BPF_ANY) != 0)
            throw Error{exit_usage, "--cgroup: '{}' is not a cgroup of version 2 ({})", paths[i],
                        describe_errno(errno)};
    }
}

} // namespace

void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config)
{
    for (std::size_t i = 0; i < task_filters.size(); i++) {
        const bool is_used = !options.filters[i].empty();
        config.*task_filters[i].in_use = is_used;
        create_map(find_map(object, task_filters[i].map), is_used);
    }
    config.filter_descendants = !options.command.empty();
    create_map(find_map(object, "descendants"), config.filter_descendants);
    config.filter_cgroups = static_cast<std::uint32_t>(options.cgroups.size());
}

std::vector<std::uint64_t> cgroup_ids(const CommonOptions &options)
{
    std::vector<std::uint64_t> ids;

    for (const std::string &path : options.cgroups) {
        struct stat info {};
        if (fstat(open_cgroup(path).get(), &info) == 0)
            ids.push_back(info.st_ino);
    }
    return ids;
}

void add_descendant(bpf_object *object, pid_t pid)
{
    if (const bpf_map *descendants = find_map(object, "descendants"))
        add_to_set(descendants, "--", &pid);
}

void fill_filters(const CommonOptions &options, bpf_object *object)
{
    for (std::size_t i = 0; i < task_filters.size(); i++)
        for (const FilterKey &key : options.filters[i])
            add_to_set(find_map(object, task_filters[i].map), task_filters[i].option(), key.data());
    if (!options.cgroups.empty())
        fill_cgroups(options.cgroups, object);
}

bool matches(const CommonOptions &options, const snoop_task &task)
{
    for (std::size_t i = 0; i < task_filters.size(); i++) {
        const auto &keys = options.filters[i];
        const auto is_of_task = [&](const FilterKey &key) { return task_filters[i].matches(key, task); };
        if (!keys.empty() && std::ranges::none_of(keys, is_of_task))
            return false;
    }
    return true;
}

bool excludes_root(const CommonOptions &options)
{
    for (std::size_t i = 0; i < task_filters.size(); i++) {
        const auto &keys = options.filters[i];
        if (!keys.empty() && std::ranges::none_of(keys, task_filters[i].admits_root))
            return true;
    }
    return !options.cgroups.empty() || !options.command.empty();
}

} // namespace snoop
