// SPDX-License-Identifier: BSD-2-Clause
// The paths of cgroups (v2) by their ids, also of those that are gone: bpf/lib/cgroup.bpf.h keeps their names.
//     keep_cgroup_names(skel.obj, skel.rodata->config, entries);   // before the load
//     names.read_from(skel.obj);                                   // after it
//     names.find(id);                                              // "/system.slice/cron.service"
#pragma once

#include <snoop/record.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

struct bpf_map;
struct bpf_object;

namespace snoop {

// Has the programs keep the names of so many cgroups; of none with 0.
void keep_cgroup_names(bpf_object *object, snoop_config &config, std::uint32_t entries);

// "/a/b", as below the mount point; ".../b" if upper names are missing; "/../a/b" if the cgroup is not below the one
// that is mounted here.
std::string path_of(const snoop_cgroup &cgroup);

// Calls `see` for each cgroup that exists, with its path below the mount point.
void for_each_cgroup(const std::function<void(std::uint64_t id, const std::string &path)> &see);

class CgroupNames {
public:
    // Events are shown once, soon after the programs have seen their cgroups. Counters are shown until the end.
    enum class Keep { recent, all };

    // From now on the programs of this object run. `named` counts what they add; it may be null.
    void read_from(bpf_object *object, const __u64 *named = nullptr, Keep keep = Keep::recent);

    // The path, valid until many others have been looked for; nothing for 0, and for an id that was never seen.
    std::optional<std::string_view> find(std::uint64_t id);

    // A path that a recording has.
    void add(std::uint64_t id, std::string_view path);

    // Calls `see` for each cgroup that the programs have added since the last time.
    void see_new(const std::function<void(std::uint64_t id, std::string_view path)> &see);

private:
    using Paths = std::unordered_map<std::uint64_t, std::string>;

    [[nodiscard]] std::optional<std::string> read(std::uint64_t id) const;
    std::string_view keep(std::uint64_t id, std::string path);
    void search_mount();

    const bpf_map *map_ = nullptr;
    const __u64 *named_ = nullptr;
    std::uint64_t seen_ = 0;          // of *named_
    std::optional<std::size_t> most_; // entries of paths_ before they become older_
    Paths paths_, older_;             // ids of paths_ are in the map, those of older_ no longer
    std::unordered_set<std::uint64_t> unknown_;
};

} // namespace snoop
