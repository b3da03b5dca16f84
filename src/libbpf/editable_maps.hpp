// SPDX-License-Identifier: BSD-2-Clause
// The maps that `bpftool map update id ID` may edit while a tool runs, and what they hold.
//     if (const char *holds = what_map_holds("uid_filter")) …   // "users of --uid"
#pragma once

#include "libbpf/log.hpp"

#include <string_view>

struct bpf_object;

namespace snoop {

// Returns in a few words what a map of this name holds; null if it is not meant to be edited.
const char *what_map_holds(std::string_view name);

// After the load: says with -v which of the object's maps can be edited, by their ids. Two tools have maps of one
// name, so that a name may mean several maps.
void report_editable_maps(const Log &log, bpf_object *object);

} // namespace snoop
