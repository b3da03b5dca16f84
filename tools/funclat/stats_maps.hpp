// SPDX-License-Identifier: BSD-2-Clause
// Sizes the maps that funclat's programs count into (bpf/funclat/stats.bpf.h), before the load.
//     configure_stats(skel, functions, options);
#pragma once

#include "funclat/options.hpp"

#include <cstddef>

#include "funclat.skel.h"

namespace snoop::funclat {

// Each CPU has an array of slots for up to so many functions: 8 KiB for each. For more functions, and
// with --by, there is one hash, whose size is bounded.
constexpr std::size_t most_with_slot_arrays = 64;

// `functions` is their number. Does the same when it is called again.
void configure_stats(funclat_bpf &skel, std::size_t functions, const Options &options);

} // namespace snoop::funclat
