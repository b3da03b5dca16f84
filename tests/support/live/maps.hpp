// SPDX-License-Identifier: BSD-2-Clause
// Edits the maps of a running tool as an operator does. bpf_objects.hpp reads them.
//     bpftool_map(tool.pid(), "uid_filter", "update", {"key", "233", "3", "0", "0", "value", "1"});
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

// Runs `bpftool map ACTION id N ARGS…` on a process's map, by its name. Throws if there is no
// such map, or bpftool fails.
void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args);

} // namespace snoop::test
