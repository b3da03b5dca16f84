// SPDX-License-Identifier: BSD-2-Clause
// Lists the maps of running snoopkit tools that can be edited.
//     for (const RunningMap &map : editable_maps({"execsnoop"})) use(map.id);
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct RunningMap {
    std::string tool; // the name of the process
    pid_t pid;
    std::uint32_t id;
    std::string name;
    const char *holds; // "users of --uid"
};

// Sorted by pid and ID. Throws Error (exit 3) if this user may not ask the kernel about maps.
std::vector<RunningMap> editable_maps(const std::vector<std::string> &tools);

} // namespace snoop
