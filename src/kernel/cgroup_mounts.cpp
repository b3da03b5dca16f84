// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/cgroup_mounts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <mntent.h>
#include <sstream>
#include <string_view>

namespace snoop::kernel {
namespace {

// The other options are those of any mount. (include/linux/cgroup_subsys.h)
bool is_hierarchy(std::string_view option)
{
    static constexpr std::array<std::string_view, 14> controllers{
        "blkio",  "cpu",  "cpuacct", "cpuset",   "devices",    "freezer", "hugetlb",
        "memory", "misc", "net_cls", "net_prio", "perf_event", "pids",    "rdma"};

    return option.starts_with("name=") || std::ranges::find(controllers, option) != controllers.end();
}

} // namespace

CgroupMounts cgroup_mounts(const char *table)
{
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent(table, "r"), endmntent};
    CgroupMounts found;

    if (!mounts)
        return found;
    while (const mntent *entry = getmntent(mounts.get())) {
        const std::string_view type = entry->mnt_type;
        if (type == "cgroup2" && !found.version2)
            found.version2 = entry->mnt_dir;
        if (type != "cgroup")
            continue;
        std::istringstream options{entry->mnt_opts};
        for (std::string option; std::getline(options, option, ',');)
            if (is_hierarchy(option))
                found.version1.insert(option);
    }
    return found;
}

std::optional<std::string> describe_cgroup_limits(const CgroupMounts &mounts)
{
    if (mounts.version1.empty())
        return std::nullopt;
    return fmt::format("cgroups are those of version 2, {}; those of version 1 ({}) are not known",
                       mounts.version2 ? "below " + *mounts.version2 : "which is not mounted",
                       fmt::join(mounts.version1, ", "));
}

} // namespace snoop::kernel
