// SPDX-License-Identifier: BSD-2-Clause
// Paths of cgroups (v2) for their ids, which are the inodes of their directories.
//     Cgroups cgroups;
//     cgroups.path_of(1);      // "/"
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace snoop::execcount {

class Cgroups {
public:
    // Below the mount point; "cgroup:4711" for one that is not there any more, or out of
    // sight. Looks through all directories for one that it has not met.
    const std::string &path_of(std::uint64_t id);

private:
    void look_through();

    std::unordered_map<std::uint64_t, std::string> paths_;
};

} // namespace snoop::execcount
