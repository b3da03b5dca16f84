// SPDX-License-Identifier: BSD-2-Clause
// The filters of bpf/lib/filter.bpf.h in user space: which are in use, and the values in their maps.
//     enable_filters(options, object, skel->rodata->config);   // before the load
//     fill_filters(options, object);                           // after it
#pragma once

#include "cli/options.hpp"
#include <snoop/record.h>

#include <cstdint>
#include <sys/types.h>
#include <vector>

struct bpf_object;

namespace snoop {

// Creates the maps of the filters that are in use only. `leaves_out`: there will be a leave_out().
void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config, bool leaves_out = false);

// Throws Error (exit 2) for a path that is not a cgroup, or for too many values.
void fill_filters(const CommonOptions &options, bpf_object *object);

// Leaves out a process, whatever the options say. After fill_filters().
void leave_out(bpf_object *object, pid_t process);

// The value in the map of a filter of a key that must match, or must not.
constexpr __u8 filter_value(bool is_not) { return is_not ? SNOOP_FILTER_NOT : SNOOP_FILTER_ONLY; }

// The ids of the cgroups that --cgroup names. Throws Error (exit 2) for a path that is not a directory.
std::vector<Condition<std::uint64_t>> cgroup_ids(const CommonOptions &options);

// Has the programs trace this process and its descendants. Ignored for programs that see packets, not tasks.
void add_descendant(bpf_object *object, pid_t pid);

// Whether a recorded event passes the filters. (--cgroup is refused in a replay.)
bool matches(const CommonOptions &options, const FilterSubject &subject);

// Whether root cannot pass the filters, under any name, with any process id, in any cgroup.
bool excludes_root(const CommonOptions &options);

} // namespace snoop
