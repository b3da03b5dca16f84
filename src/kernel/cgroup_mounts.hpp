// SPDX-License-Identifier: BSD-2-Clause
// Which cgroup hierarchies are mounted, and what the tools, which know version 2, cannot tell.
//     if (const auto limits = kernel::describe_cgroup_limits(kernel::cgroup_mounts())) log.line("{}", *limits);
#pragma once

#include <optional>
#include <set>
#include <string>

namespace snoop::kernel {

struct CgroupMounts {
    std::optional<std::string> version2; // its mount point
    std::set<std::string> version1;      // controllers and names: "memory", "name=systemd"
};

// Reads a table in the format of /proc/self/mounts. An unreadable one has no mounts.
CgroupMounts cgroup_mounts(const char *table = "/proc/self/mounts");

// One sentence if version 1 is in use, alone or beside version 2; nothing otherwise.
std::optional<std::string> describe_cgroup_limits(const CgroupMounts &mounts);

} // namespace snoop::kernel
