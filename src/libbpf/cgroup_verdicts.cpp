// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/cgroup_verdicts.hpp"
#include "base/cgroup_places.hpp"
#include "base/error.hpp"
#include "kernel/system.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <snoop/record.h>

#include <cstddef>
#include <string>
#include <vector>

namespace snoop {
namespace {

constexpr std::size_t decided_most = 65536;

} // namespace

CgroupVerdicts::CgroupVerdicts(const CommonOptions &options, CgroupNames &cgroups, ContainerNames &containers)
    : is_used_(options.filters_places()),
      filter_(options.containers, options.units),
      cgroups_(cgroups),
      containers_(containers)
{}

void CgroupVerdicts::check() const
{
    if (is_used_ && !kernel::cgroup2_mount())
        throw Error{exit_lacks,
                    "--container and --unit need cgroup v2, which is not mounted: `mount -t cgroup2 cgroup2 "
                    "/sys/fs/cgroup`"};
}

PlaceFilter::FindName CgroupVerdicts::name_finder() const
{
    return [this](const CgroupPlace &place) { return containers_.of(place).name; };
}

void CgroupVerdicts::read_from(bpf_object *object, const Log &log)
{
    std::vector<std::string> paths;

    if (!is_used_)
        return;
    map_ = bpf_object__find_map_by_name(object, "cgroup_verdicts");
    for_each_cgroup([&](std::uint64_t id, const std::string &path) {
        decide(id, path);
        paths.push_back(path);
    });
    for (const std::string &value : filter_.unmatched_containers(paths, name_finder(), &containers_))
        log.line("--container: no container '{}' is running", value);
    for (const std::string &value : filter_.unmatched_units(paths))
        log.line("--unit: no unit '{}' is running", value);
}

bool CgroupVerdicts::admits(std::uint64_t id)
{
    if (!is_used_)
        return true;
    const auto found = decided_.find(id);
    if (found != decided_.end())
        return found->second;
    const auto path = cgroups_.find(id);
    if (!path)
        return filter_.admits("", name_finder());
    return may_become_container(id, *path) ? filter_.admits(*path, name_finder(), &containers_) : decide(id, *path);
}

// The verdict on such a cgroup would be too early.
bool CgroupVerdicts::may_become_container(std::uint64_t id, std::string_view path)
{
    if (!filter_.needs_containers() || find_place(path, &containers_).container_id) {
        young_.erase(id);
        return false;
    }
    const auto now = std::chrono::steady_clock::now();
    if (young_.size() >= decided_most)
        young_.clear();
    const auto [seen, is_new] = young_.emplace(id, now);
    if (is_new || now - seen->second <= container_starts_within)
        return true;
    young_.erase(seen);
    return false;
}

bool CgroupVerdicts::decide(std::uint64_t id, std::string_view path)
{
    const bool passes = filter_.admits(path, name_finder(), &containers_);
    const std::uint8_t verdict = passes ? SNOOP_CGROUP_PASSES : SNOOP_CGROUP_FILTERED;

    if (decided_.size() >= decided_most)
        decided_.clear();
    decided_.insert_or_assign(id, passes);
    // If the map is full, events of this cgroup go on to be decided here.
    if (map_ && bpf_map__fd(map_) >= 0)
        bpf_map_update_elem(bpf_map__fd(map_), &id, &verdict, BPF_ANY);
    return passes;
}

} // namespace snoop
