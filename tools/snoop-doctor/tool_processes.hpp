// SPDX-License-Identifier: BSD-2-Clause
// The BPF objects that running tools hold, from /proc/PID/fdinfo.
//     for (const HeldObject &held : held_objects(tool_names(), "prog_id")) use(held.pid, held.id);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct HeldObject {
    std::string tool; // the name of the process
    pid_t pid;
    std::uint32_t id;
};

// The objects for which processes with these names hold a descriptor, by the field of fdinfo that has their id
// ("prog_id", also of links, or "map_id"). Sorted by pid and id; without those that the user may not see.
std::vector<HeldObject> held_objects(const std::vector<std::string> &tools, std::string_view field);

} // namespace snoop
