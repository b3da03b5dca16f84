// SPDX-License-Identifier: BSD-2-Clause
// Finds the path of a cgroup (v2) by its ID, which is the inode number of its directory.
//     Cgroups cgroups;
//     cgroups.path_of(1);      // "/"
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace snoop::execcount {

class Cgroups {
public:
    // Returns a path relative to the mount point, or "cgroup:4711" if the cgroup is gone or not visible.
    // Searches all directories for an ID that it has not seen before.
    const std::string &path_of(std::uint64_t id);

private:
    void look_through();

    std::unordered_map<std::uint64_t, std::string> paths_;
};

} // namespace snoop::execcount
