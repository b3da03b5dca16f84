// SPDX-License-Identifier: BSD-2-Clause
// The BPF objects that a tool holds, from its descriptors in /proc, and the contents of
// its maps. Other BPF objects of the machine do not matter.
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

// The objects that the kernel still has.
BpfObjects still_there(const BpfObjects &objects);

// The id of a map of a process; map names are unique within a tool.
std::optional<std::uint32_t> map_id(pid_t pid, std::string_view name);

// The current keys of a hash of a process, as bytes; nullopt without such a map.
std::optional<std::vector<std::string>> keys_of(pid_t pid, std::string_view map);
// The number of these keys.
std::optional<std::size_t> entries_of(pid_t pid, std::string_view map);

// Those keys of such a map that are tasks which have ended.
std::vector<std::uint32_t> gone_in(pid_t pid, std::string_view map);

// The number of times that the kernel skipped any of these programs.
std::uint64_t recursion_misses(const BpfObjects &objects);

} // namespace snoop::test
