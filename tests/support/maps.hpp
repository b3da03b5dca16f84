// SPDX-License-Identifier: BSD-2-Clause
// The BPF maps of a tool that runs, from outside.
//     ASSERT_TRUE(map_id(tool.pid(), "uid_filter"));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace snoop::test {

// The id of a process's map, by its name.
std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name);

// How many entries a hash has.
std::size_t entries_of(std::uint32_t map_id);

} // namespace snoop::test
