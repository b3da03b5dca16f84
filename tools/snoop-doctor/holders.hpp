// SPDX-License-Identifier: BSD-2-Clause
// Who holds BPF objects: the processes that have a descriptor of them, and the files of bpffs.
//     for (const Holder &holder : holders_of("prog_id")) use(holder.pid, holder.id);
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct Holder {
    pid_t pid;
    std::string comm;
    std::uint32_t id;
};

// The objects for which processes hold a descriptor, by the field of /proc/PID/fdinfo that has their id: "prog_id",
// also of links and of perf events, or "map_id". Sorted by pid and id; without the processes that the user may not
// look into.
std::vector<Holder> holders_of(std::string_view field);

// The programs that are pinned in a file of bpffs, or whose link is.
std::set<std::uint32_t> pinned_programs();

} // namespace snoop
