// SPDX-License-Identifier: BSD-2-Clause
// The BPF maps of a tool at work, from outside: looked at, and edited as an operator does.
//     bpftool_map(tool.pid(), "uid_filter", "update", {"key", "233", "3", "0", "0", "value", "1"});
//     entries_of(*map_id(tool.pid(), "calls"));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

// The id of a process's map, by its name.
std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name);

// How many entries a hash has.
std::size_t entries_of(std::uint32_t map_id);

// `bpftool map ACTION id N ARGS…`, of a process's map by its name. Throws if there is no
// such map, or bpftool fails.
void bpftool_map(pid_t pid, const std::string &name, const std::string &action, const std::vector<std::string> &args);

} // namespace snoop::test
