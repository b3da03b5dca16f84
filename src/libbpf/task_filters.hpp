// SPDX-License-Identifier: BSD-2-Clause
// The user side of bpf/lib/filter.bpf.h: which filters are in use, and what is in
// their maps.
//     enable_filters(options, object, skel->rodata->config);   // before the load
//     fill_filters(options, object);                           // after it
#pragma once

#include "cli/options.hpp"
#include <snoop/record.h>

#include <cstdint>
#include <sys/types.h>

struct bpf_object;

namespace snoop {

// The map of a filter that is not in use is not created.
void enable_filters(const CommonOptions &options, bpf_object *object, snoop_config &config);

// Throws Error (exit 2) for a cgroup path that is none or for too many values.
void fill_filters(const CommonOptions &options, bpf_object *object);

// Has the programs trace this process and its descendants. Ignored for programs that see packets, not tasks.
void add_descendant(bpf_object *object, pid_t pid);

// The same decision on this side, for a replay; --cgroup is refused there.
bool matches(const CommonOptions &options, const snoop_task &task);

} // namespace snoop
