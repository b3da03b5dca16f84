// SPDX-License-Identifier: BSD-2-Clause
// The instructions of programs at which calls of the traced functions begin and end.
//     const Sites sites = find_sites(target, kernel::has_cookies());
//     report(log, target, sites.untimed, "are counted, not timed");
#pragma once

#include "funclat/function_body.hpp"
#include "funclat/function_target.hpp"
#include "libbpf/log.hpp"
#include <snoop/funclat.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop::funclat {

struct Site {
    std::string file;
    pid_t pid; // -1: all processes
    std::uint64_t offset;
    funclat_site value;
    Execution execution;
};

inline bool is_entry(const funclat_site &site)
{
    return site.kind == FUNCLAT_ENTRY || site.kind == FUNCLAT_ENTRY_UNTIMED;
}

// The cost of the probes of a function.
struct CallCost {
    std::uint64_t call_ns;     // that a call takes longer
    std::uint64_t overhead_ns; // of these within the time that is measured
};

struct Sites {
    std::vector<Site> all;                        // by number; the exits of a function before its entry
    std::map<std::uint32_t, std::string> untimed; // functions whose ends are not known for certain, and why
    std::map<std::uint32_t, CallCost> costs;      // by function; empty if they could not be measured
};

// Disassembles the functions. Without cookies, programs tell sites apart by FUNCLAT_OFFSET_BITS of
// their offsets: a function for which these are not unique is not timed.
// Throws Error (exit 2) if a file cannot be read.
Sites find_sites(const FunctionTarget &target, bool has_cookies);

// The entries alone, of all functions, to count calls.
Sites entries_of(const Sites &sites);

// Says of each of these functions that its calls `are_what`, and why; without -v only how many they are, if
// there are more than a few.
void report(const Log &log, const FunctionTarget &target, const std::map<std::uint32_t, std::string> &functions,
            std::string_view are_what);

// Names the functions at which the kernel has refused a probe. Throws Error (exit 3) if that are all.
void report_refused(const Log &log, const FunctionTarget &target, const std::map<std::uint32_t, std::string> &functions,
                    bool are_all);

// Says where the probes are, and what they cost; with -v, of each function.
void report_costs(const Log &log, const FunctionTarget &target, const Sites &sites, bool gross);

} // namespace snoop::funclat
