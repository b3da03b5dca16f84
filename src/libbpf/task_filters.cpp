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

// The cgroups that a task must be in one of come first, then those that it must not be in.
void fill_cgroups(std::vector<Condition<std::string>> cgroups, bpf_object *object)
{
    const bpf_map *map = find_map(object, "cgroup_filter");
    std::uint32_t i = 0;

    if (cgroups.size() > bpf_map__max_entries(map))
        throw Error{exit_usage, "--cgroup: {} given, {} are possible", cgroups.size(), bpf_map__max_entries(map)};
    std::stable_partition(cgroups.begin(), cgroups.end(), [](const auto &cgroup) { return !cgroup.is_not; });
    for (const auto &[path, is_not] : cgroups) {
        const Fd fd = open_cgroup(path);
        const int value = fd.get();
        // EBADF, EINVAL: a directory, but not of cgroup v2.
        if (bpf_map_update_elem(bpf_map__fd(map), &i, &value, BPF_ANY) != 0)
            throw Error{exit_usage, "--cgroup: '{}' is not a cgroup of version 2 ({})", path, describe_errno(errno)};
        i++;
    }
}

// A key that is given with and without a "!" is left out.
void fill_set(const TaskFilter &filter, const std::vector<Condition<FilterKey>> &conditions, bpf_object *object)
{
    for (const bool is_not : {false, true})
        for (const auto &condition : conditions)
            if (condition.is_not == is_not)
                add_to_set(find_map(object, filter.map), filter.option(), condition.value.data(), filter_value(is_not));
}

} // namespace

void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config, bool leaves_out)
{
    for (std::size_t i = 0; i < task_filters.size(); i++) {
        const bool also = leaves_out && task_filters[i].use == &snoop_config::filter_pid;
        config.*task_filters[i].use = static_cast<__u8>(use_of(options.filters[i]) | (also ? SNOOP_FILTER_NOT : 0));
        create_map(find_map(object, task_filters[i].map), also || !options.filters[i].empty());
    }
    config.filter_descendants = !options.command.empty();
    create_map(find_map(object, "descendants"), config.filter_descendants);
    config.filter_under = static_cast<__u8>(use_of(options.under_pids) | use_of(options.under_comms));
    config.want_lineage = config.filter_under != 0;
    const auto negatives = std::ranges::count_if(options.cgroups, &Condition<std::string>::is_not);
    config.filter_not_cgroups = static_cast<__u16>(negatives);
    config.filter_cgroups = static_cast<__u16>(options.cgroups.size() - static_cast<std::size_t>(negatives));
    config.filter_places = options.filters_places();
    create_map(find_map(object, "cgroup_verdicts"), config.filter_places);
    // For all of Section::filters, those that other code enables among them: without any, programs need one look.
    config.has_filters = leaves_out || !options.given_filters.empty() || !options.command.empty();
}

std::vector<Condition<std::uint64_t>> cgroup_ids(const CommonOptions &options)
{
    std::vector<Condition<std::uint64_t>> ids;

    for (const auto &[path, is_not] : options.cgroups) {
        struct stat info {};
        if (fstat(open_cgroup(path).get(), &info) == 0)
            ids.push_back({info.st_ino, is_not});
    }
    return ids;
}

void leave_out(bpf_object *object, pid_t process)
{
    add_to_set(find_map(object, "pid_filter"), "--pid", &process, filter_value(true));
}

void add_descendant(bpf_object *object, pid_t pid)
{
    if (const bpf_map *descendants = find_map(object, "descendants"))
        add_to_set(descendants, "--", &pid);
}

void fill_filters(const CommonOptions &options, bpf_object *object)
{
    for (std::size_t i = 0; i < task_filters.size(); i++)
        fill_set(task_filters[i], options.filters[i], object);
    for (const bool is_not : {false, true}) {
        for (const auto &pid : options.under_pids)
            if (pid.is_not == is_not)
                add_to_set(find_map(object, "under_pids"), "--under", &pid.value, filter_value(is_not));
        for (const auto &name : options.under_comms)
            if (name.is_not == is_not)
                add_to_set(find_map(object, "under_comms"), "--under", name.value.data(), filter_value(is_not));
    }
    if (!options.cgroups.empty())
        fill_cgroups(options.cgroups, object);
}

bool matches(const CommonOptions &options, const FilterSubject &subject)
{
    for (std::size_t i = 0; i < task_filters.size(); i++) {
        const auto is_of_subject = [&](const FilterKey &key) { return task_filters[i].matches(key, subject); };
        if (!conditions_hold(options.filters[i], is_of_subject))
            return false;
    }
    return true;
}

bool excludes_root(const CommonOptions &options)
{
    for (std::size_t i = 0; i < task_filters.size(); i++)
        if (!conditions_hold(options.filters[i], task_filters[i].matches_root))
            return true;
    return has_positive(options.cgroups) || has_positive(options.containers) || has_positive(options.units) ||
           has_positive(options.under_pids) || has_positive(options.under_comms) || !options.command.empty();
}

} // namespace snoop
