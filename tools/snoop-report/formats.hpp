// SPDX-License-Identifier: BSD-2-Clause
// The formats of a report: each is a function that appends all of it to a buffer.
//     Buffer out;
//     write_html(forest, "make -j8", out);
#pragma once

#include "base/buffer.hpp"
#include "forest/forest.hpp"

#include <cstddef>
#include <string_view>

namespace snoop::snoop_report {

using WriteFormat = void (*)(const Forest &forest, std::string_view title, Buffer &out);

// One page with the data and what shows it.
void write_html(const Forest &forest, std::string_view title, Buffer &out);

// Trace events in JSON, for ui.perfetto.dev, chrome://tracing and speedscope. A program is a complete event in a lane,
// which is a thread of the trace; a failed exec is an instant, unless it is a step of a search that found its program.
void write_chrome(const Forest &forest, std::string_view title, Buffer &out);

// A line for each stack of programs, from the first one down, with its own time in microseconds, as flamegraph.pl,
// inferno and speedscope read it: "make;sh;cc 1234". Stacks of less than a microsecond are left out. The time is that
// in which a program ran and none of the programs that it started did.
void write_folded(const Forest &forest, std::string_view title, Buffer &out);
// It is the CPU time of the program's process, in user mode and in the kernel.
void write_folded_cpu(const Forest &forest, std::string_view title, Buffer &out);

// A tree of programs for Graphviz, with the same failed execs. Those that failed are red; a dashed edge leads to the
// program that the same process ran next. Throws Error, exit 1, if the picture would have more than most_in_dot nodes.
constexpr std::size_t most_in_dot = 500;
void write_dot(const Forest &forest, std::string_view title, Buffer &out);

} // namespace snoop::snoop_report
