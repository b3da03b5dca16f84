// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/cost.hpp"

#include <algorithm>

namespace snoop::execsnoop {
namespace {

__extension__ using Wide = unsigned __int128;

} // namespace

// This follows cputime_adjust() in kernel/sched/cputime.c.
CpuTime cpu_time(const exec_cost &cost)
{
    const std::uint64_t all = cost.runtime_ns, least_user = std::min<std::uint64_t>(cost.prev_utime_ns, all),
                        least_system = std::min<std::uint64_t>(cost.prev_stime_ns, all);

    if (all <= Wide{cost.prev_utime_ns} + cost.prev_stime_ns)
        return {cost.prev_utime_ns, cost.prev_stime_ns};
    std::uint64_t system = 0;
    if (cost.stime_ns > 0 && cost.utime_ns == 0)
        system = all;
    else if (cost.stime_ns > 0)
        system = static_cast<std::uint64_t>(Wide{cost.stime_ns} * all / (Wide{cost.stime_ns} + cost.utime_ns));
    system = std::clamp(system, least_system, all - least_user);
    return {all - system, system};
}

const Columns<Killer> &Killer::columns()
{
    static const Columns<Killer> list{
        {json_only<Killer>("pid", "Process id; 0 if the kernel itself sent the signal.",
                           [](const Killer &k) { return k.pid; }),
         json_only<Killer>("comm", "Name of its thread, at most 15 bytes; \"kernel\" if the kernel itself sent it.",
                           [](const Killer &k) { return k.comm; })}};
    return list;
}

} // namespace snoop::execsnoop
