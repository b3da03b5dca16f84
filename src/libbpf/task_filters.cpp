// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/task_filters.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <vector>

namespace snoop {
namespace {

void add(bpf_object *object, const char *map, const char *option, const void *key)
{
    add_to_set(bpf_object__find_map_by_name(object, map), option, key);
}

std::array<char, SNOOP_COMM_LEN> comm_key(std::string_view name)
{
    std::array<char, SNOOP_COMM_LEN> key{};

    std::memcpy(key.data(), name.data(), std::min(name.size(), key.size() - 1));
    return key;
}

// A directory as it is, or as cgroups are usually named: relative to the mount.
Fd open_cgroup(const std::string &path)
{
    const auto mount = kernel::cgroup2_mount();
    Fd fd{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    if (!fd && mount)
        fd = Fd{open((*mount + "/" + path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd)
        throw Error{exit_usage, "--cgroup: '{}' is no directory{}", path,
                    mount ? fmt::format("; cgroups are those below {}", *mount)
                          : "; cgroup v2 is not mounted: `mount -t cgroup2 cgroup2 /sys/fs/cgroup`"};
    return fd;
}

void fill_cgroups(const std::vector<std::string> &paths, bpf_object *object)
{
    const bpf_map *map = bpf_object__find_map_by_name(object, "cgroup_filter");

    if (paths.size() > bpf_map__max_entries(map))
        throw Error{exit_usage, "--cgroup: {} given, {} are possible", paths.size(), bpf_map__max_entries(map)};
    for (std::uint32_t i = 0; i < paths.size(); i++) {
        const Fd fd = open_cgroup(paths[i]);
        const int value = fd.get();
        // EBADF, EINVAL: a directory, but not of cgroup v2.
        if (bpf_map_update_elem(bpf_map__fd(map), &i, &value, BPF_ANY) != 0)
            throw Error{exit_usage, "--cgroup: '{}' is no cgroup of version 2 ({})", paths[i], describe_errno(errno)};
    }
}

template <class T> bool none_or_has(const std::vector<T> &values, const auto &value)
{
    return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

} // namespace

void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config)
{
    config.filter_uid = !options.uids.empty();
    config.filter_pid = !options.pids.empty();
    config.filter_ppid = !options.ppids.empty();
    config.filter_comm = !options.comms.empty();
    config.filter_descendants = !options.command.empty();
    config.filter_cgroups = static_cast<std::uint32_t>(options.cgroups.size());
    for (const auto &[map, is_used] :
         {std::pair{"uid_filter", config.filter_uid}, std::pair{"pid_filter", config.filter_pid},
          std::pair{"ppid_filter", config.filter_ppid}, std::pair{"comm_filter", config.filter_comm},
          std::pair{"descendants", config.filter_descendants}})
        create_map(bpf_object__find_map_by_name(object, map), is_used);
}

void add_descendant(bpf_object *object, pid_t pid)
{
    if (const bpf_map *descendants = bpf_object__find_map_by_name(object, "descendants"))
        add_to_set(descendants, "--", &pid);
}

void fill_filters(const CommonOptions &options, bpf_object *object)
{
    for (const std::uint32_t &uid : options.uids)
        add(object, "uid_filter", "--uid", &uid);
    for (const std::uint32_t &pid : options.pids)
        add(object, "pid_filter", "--pid", &pid);
    for (const std::uint32_t &ppid : options.ppids)
        add(object, "ppid_filter", "--ppid", &ppid);
    for (const std::string &comm : options.comms)
        add(object, "comm_filter", "--comm", comm_key(comm).data());
    if (!options.cgroups.empty())
        fill_cgroups(options.cgroups, object);
}

bool matches(const CommonOptions &options, const snoop_task &task)
{
    const std::string_view comm{task.comm, strnlen(task.comm, sizeof(task.comm))};

    return none_or_has(options.uids, task.uid) && none_or_has(options.pids, task.pid) &&
           none_or_has(options.ppids, task.ppid) && none_or_has(options.comms, comm);
}

} // namespace snoop
