// SPDX-License-Identifier: BSD-2-Clause
// The filters --container and --unit, which user space decides for each cgroup, once. The programs get the verdict
// (bpf/lib/cgroup_verdict.bpf.h), and send events of cgroups that have none.
//     CgroupVerdicts verdicts{options, cgroups, containers};
//     verdicts.read_from(skel.obj, log);     // after the load: decides all cgroups that there are
//     if (verdicts.admits(task.cgroup_id)) …
#pragma once

#include "base/place_filter.hpp"
#include "cli/options.hpp"
#include "containers/container_names.hpp"
#include "libbpf/cgroup_names.hpp"
#include "libbpf/log.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

struct bpf_map;
struct bpf_object;

namespace snoop {

class CgroupVerdicts {
public:
    CgroupVerdicts(const CommonOptions &options, CgroupNames &cgroups, ContainerNames &containers);

    [[nodiscard]] bool is_used() const noexcept { return is_used_; }

    // Before the load: throws Error (exit 3) if these filters are given and cgroup v2 is not mounted.
    void check() const;
    // The programs of this object are loaded and not attached yet. Says which values match no cgroup now.
    void read_from(bpf_object *object, const Log &log);

    // Whether an event of a task in this cgroup passes. One whose path is not known passes if every value has a "!".
    bool admits(std::uint64_t id);

private:
    bool decide(std::uint64_t id, std::string_view path);
    [[nodiscard]] bool may_become_container(std::uint64_t id, std::string_view path);
    [[nodiscard]] PlaceFilter::FindName name_finder() const;

    bool is_used_;
    PlaceFilter filter_;
    CgroupNames &cgroups_;
    ContainerNames &containers_;
    const bpf_map *map_ = nullptr;
    std::unordered_map<std::uint64_t, bool> decided_;
    std::unordered_map<std::uint64_t, std::chrono::steady_clock::time_point> young_; // when they were first seen
};

} // namespace snoop
