// SPDX-License-Identifier: BSD-2-Clause
// The values of a per-CPU array, a struct for each CPU.
//     for (const auto &one : read_per_cpu<funclat_stats>(map, 0)) sum += one.calls;
#pragma once

#include "base/error.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace snoop {

// One for each possible CPU. Throws Error (exit 1) if the kernel does not give them.
template <class T> std::vector<T> read_per_cpu(const bpf_map *map, std::uint32_t index)
{
    static_assert(sizeof(T) % 8 == 0, "the kernel puts each at a multiple of 8");
    std::vector<T> values(static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus())));

    if (bpf_map_lookup_elem(bpf_map__fd(map), &index, values.data()) != 0)
        throw Error{exit_runtime, "cannot read the map {}: {}", bpf_map__name(map), describe_errno(errno)};
    return values;
}

} // namespace snoop
