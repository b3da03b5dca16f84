// SPDX-License-Identifier: BSD-2-Clause
// Starts enforcing, unless that would lock out root, who could then no longer stop openguard.
//     if (!excludes_root(common)) refuse_lockout(skel, guarded);
//     start_denying(skel, common.duration_s);
#pragma once

#include "cli/options.hpp"
#include "openguard/guards.hpp"

#include <optional>
#include <vector>

#include "openguard.skel.h"

namespace snoop::openguard {

// Throws Error (exit 2) if a guard covers a file that root needs to log in and to stop openguard.
void refuse_lockout(openguard_bpf &skel, const std::vector<Guarded> &guarded);

// From now on the programs deny opens. They stop on their own a second after the duration, in case this process
// does not get to run.
void start_denying(openguard_bpf &skel, const std::optional<double> &duration_s);

} // namespace snoop::openguard
