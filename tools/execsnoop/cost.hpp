// SPDX-License-Identifier: BSD-2-Clause
// Values of an exec_exit record: the CPU time of a process, and the sender of its signal.
//     const CpuTime cpu = cpu_time(exit.cost);   // as getrusage(2) reports it
#pragma once

#include "table/columns.hpp"
#include <snoop/execsnoop.h>

#include <cstdint>
#include <string_view>

namespace snoop::execsnoop {

// In nanoseconds. The kernel knows the sum exactly, and divides it as it sampled the two.
struct CpuTime {
    std::uint64_t user, system;
};
CpuTime cpu_time(const exec_cost &cost);

// The sender of a signal.
struct Killer {
    std::uint32_t pid;
    std::string_view comm;

    static const Columns<Killer> &columns();
};
inline void put_json(JsonWriter &json, const Killer &killer) { snoop::put_json(json, killer); }
constexpr JsonType json_type_of(std::type_identity<Killer>)
{
    return snoop::json_type_of(std::type_identity<Killer>{});
}

} // namespace snoop::execsnoop
