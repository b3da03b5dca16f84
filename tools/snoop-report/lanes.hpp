// SPDX-License-Identifier: BSD-2-Clause
// Puts programs into lanes, as the threads of a trace: in a lane a program lies within the one that started it, or
// beside others. Programs that run at the same time are in different lanes.
//     const std::vector<std::size_t> lanes = lanes_of(forest);   // one for each of forest.programs()
#pragma once

#include "forest/forest.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace snoop::snoop_report {

// The number of a lane is as small as possible, but that a program goes below the one that started it, and a process
// that calls exec again stays in its lane, if there is room.
std::vector<std::size_t> lanes_of(const Forest &forest);

// In microseconds from the first event on. Whole ones, so that what lies within something else does so for a reader
// that adds floating-point numbers, too.
std::uint64_t trace_us(const Forest &forest, std::uint64_t ns);

} // namespace snoop::snoop_report
