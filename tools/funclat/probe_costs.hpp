// SPDX-License-Identifier: BSD-2-Clause
// Measures at empty functions with probes of the same kinds.
//     auto [costs, cleanup] = measure_costs(tracer, *sites, {.at_once = true, .on_task_stack = false});
//     set_costs(*sites, costs);            // before the programs get the sites
#pragma once

#include "funclat/function_body.hpp"
#include "funclat/sites.hpp"
#include "run/tracer.hpp"

#include <cstdint>
#include <map>

#include "funclat.skel.h"

namespace snoop::funclat {

// How the programs are attached to the sites.
struct SiteAttach {
    bool at_once;       // by one link, uprobe.multi
    bool on_task_stack; // bpf/lib/private_stack.bpf.h

    [[nodiscard]] bpf_program *program(const funclat_bpf &skel) const
    {
        return on_task_stack ? skel.progs.on_site_preempted : skel.progs.on_site;
    }
};

// In nanoseconds, means of some 200 calls.
struct ProbeCosts {
    struct Entry {
        std::uint32_t overhead_ns; // what it and the probe at the exit add to the measured time of a call
        std::uint32_t hit_ns;      // how long it holds up the program
    };
    std::map<Execution, Entry> entries;
    std::map<Execution, std::uint32_t> exits; // how long each holds up the program
};

struct MeasuredCosts {
    ProbeCosts costs;
    Link cleanup; // waits until the kernel has detached the probes of the measurement, which takes a grace period
};

// Takes some milliseconds. Throws Error if this system does not let it measure. The tracer must outlive the result.
MeasuredCosts measure_costs(Tracer &tracer, const Sites &sites, SiteAttach attach);

// Tells the sites what to take off the times of calls, and sets sites.costs.
void set_costs(Sites &sites, const ProbeCosts &costs);

// Has the sites show times as they are measured; sites.costs stays.
void take_nothing_off(Sites &sites);

} // namespace snoop::funclat
