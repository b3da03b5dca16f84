// SPDX-License-Identifier: BSD-2-Clause
// The maps of a tool at work, as an operator edits them. To look at them: bpf_objects.hpp.
//     bpftool_map(tool.pid(), "uid_filter", "update", {"key", "233", "3", "0", "0", "value", "1"});
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

// `bpftool map ACTION id N ARGS…`, of a process's map by its name. Throws if there is no
// such map, or bpftool fails.
void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args);

} // namespace snoop::test
