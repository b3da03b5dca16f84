// SPDX-License-Identifier: BSD-2-Clause
// The BPF objects that a tool holds, by what /proc says of its descriptors, and what is in
// its maps: whoever else has BPF objects on the machine does not matter.
//     const BpfObjects before = objects_of(tool.pid());
//     EXPECT_EQ(entries_of(tool.pid(), "running"), 0u);
//     EXPECT_EQ(still_there(before), BpfObjects{});      // after the tool's end
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop::test {

struct BpfObjects {
    std::set<std::uint32_t> programs{}, maps{}, links{}; // ids
    bool operator==(const BpfObjects &) const = default;
};
void PrintTo(const BpfObjects &objects, std::ostream *out);

BpfObjects objects_of(pid_t pid);

// Those that the kernel still has.
BpfObjects still_there(const BpfObjects &objects);

// The id of a process's map; names of maps are unique within a tool.
std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name);

// The keys that a process's hash has now, as bytes; nothing if it has no such map.
std::optional<std::vector<std::string>> keys_of(pid_t pid, std::string_view map);
// How many they are.
std::optional<std::size_t> entries_of(pid_t pid, std::string_view map);

// Of the tasks that are keys of such a map, those that are no more.
std::vector<std::uint32_t> gone_in(pid_t pid, std::string_view map);

// How often the kernel has skipped any of these programs.
std::uint64_t recursion_misses(const BpfObjects &objects);

} // namespace snoop::test
