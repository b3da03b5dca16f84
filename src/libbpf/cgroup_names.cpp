// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/cgroup_names.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "table/values.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace snoop {
namespace fs = std::filesystem;

namespace {

// The inode number of a directory, which is a cgroup's id; 0 if there is none.
std::uint64_t inode_of(const fs::path &path)
{
    struct stat info {};

    return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::vector<std::uint64_t> keys_of(const bpf_map *map)
{
    std::vector<std::uint64_t> keys;
    std::uint64_t key = 0;
    const void *previous = nullptr;

    // A key that is removed meanwhile would start this over; only this thread removes some.
    while (bpf_map_get_next_key(bpf_map__fd(map), previous, &key) == 0) {
        keys.push_back(key);
        previous = &keys.back();
    }
    return keys;
}

} // namespace

void keep_cgroup_names(bpf_object *object, snoop_config &config, std::uint32_t entries)
{
    const auto mount = kernel::cgroup2_mount();
    bpf_map *names = bpf_object__find_map_by_name(object, "cgroup_names");

    config.want_cgroups = entries > 0;
    config.cgroup_root = mount ? inode_of(*mount) : 0;
    if (names && entries > 0)
        bpf_map__set_max_entries(names, entries);
    for (const char *name : {"cgroup_names", "cgroup_walks", "no_cgroup_walk"})
        create_map(bpf_object__find_map_by_name(object, name), entries > 0);
}

void for_each_cgroup(const std::function<void(std::uint64_t id, const std::string &path)> &see)
{
    const auto mount = kernel::cgroup2_mount();
    const auto see_directory = [&](const fs::path &path) {
        if (const std::uint64_t id = inode_of(path))
            see(id, path == *mount ? "/" : path.string().substr(mount->size()));
    };

    if (!mount)
        return;
    see_directory(*mount);
    // A cgroup may be removed during the search; this is not an error.
    std::error_code error;
    fs::recursive_directory_iterator at{*mount, fs::directory_options::skip_permission_denied, error};
    for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error))
        if (at->is_directory(error))
            see_directory(at->path());
}

std::string path_of(const snoop_cgroup &cgroup)
{
    const std::string_view names{cgroup.names, std::min<std::size_t>(cgroup.len, sizeof(cgroup.names))};
    std::string path = to_string(ResolvedPath{{names, cgroup.is_cut != 0}, {}});

    if (!cgroup.is_outside)
        return path;
    return path == "/" ? "/.." : "/.." + path;
}

void CgroupNames::read_from(bpf_object *object, const __u64 *named, Keep keep)
{
    map_ = bpf_object__find_map_by_name(object, "cgroup_names");
    if (map_ && bpf_map__fd(map_) < 0)
        map_ = nullptr;
    named_ = named;
    if (map_ && keep == Keep::recent)
        most_ = std::max(bpf_map__max_entries(map_) / 2, 1u);
}

std::optional<std::string_view> CgroupNames::find(std::uint64_t id)
{
    for (const Paths *paths : {&paths_, &older_})
        if (const auto at = paths->find(id); at != paths->end())
            return at->second;
    if (!map_ || id == 0)
        return std::nullopt;
    if (auto path = read(id))
        return keep(id, *std::move(path));
    // The map was full. The cgroup still exists, if the search is early enough.
    if (!unknown_.contains(id))
        search_mount();
    const auto at = paths_.find(id);
    if (at != paths_.end())
        return at->second;
    unknown_.insert(id);
    return std::nullopt;
}

void CgroupNames::add(std::uint64_t id, std::string_view path) { paths_.insert_or_assign(id, path); }

void CgroupNames::see_new(const std::function<void(std::uint64_t id, std::string_view path)> &see)
{
    if (!map_)
        return;
    // Read before the map: names that come meanwhile are seen next time.
    const std::uint64_t named = named_ ? __atomic_load_n(named_, __ATOMIC_ACQUIRE) : seen_ + 1;
    if (named == seen_)
        return;
    seen_ = named;
    for (const std::uint64_t id : keys_of(map_))
        if (!paths_.contains(id))
            if (auto path = read(id))
                see(id, keep(id, *std::move(path)));
}

// Reads what the programs have kept.
std::optional<std::string> CgroupNames::read(std::uint64_t id) const
{
    snoop_cgroup cgroup{};

    if (bpf_map_lookup_elem(bpf_map__fd(map_), &id, &cgroup) != 0)
        return std::nullopt;
    return path_of(cgroup);
}

// Makes room in the map when it is half full. A cgroup that has further events comes back.
std::string_view CgroupNames::keep(std::uint64_t id, std::string path)
{
    if (most_ && paths_.size() >= *most_) {
        for (const auto &entry : paths_)
            bpf_map_delete_elem(bpf_map__fd(map_), &entry.first);
        older_ = std::exchange(paths_, {});
        unknown_.clear();
    }
    return paths_.insert_or_assign(id, std::move(path)).first->second;
}

void CgroupNames::search_mount()
{
    for_each_cgroup([this](std::uint64_t id, const std::string &path) { paths_.try_emplace(id, path); });
}

} // namespace snoop
