// SPDX-License-Identifier: BSD-2-Clause
// Tells the reason in at most ten lines, with the processes on the way to it.
//     for (const std::string &line : tell(forest, *root, {.is_live = true})) …
#pragma once

#include "forest/forest.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace snoop::snoop_why {

constexpr std::size_t most_lines = 10;

struct StoryOptions {
    bool is_live = false; // the files are those of this system
    bool all = false;     // with the rows that it rests on, in any number of lines
};

// Tells why a command failed. The lines are not escaped.
std::vector<std::string> tell(const Forest &forest, std::size_t root, const StoryOptions &options);

// Tells why the process `pid` of snoop-why could not execute a command.
std::vector<std::string> tell_not_executed(const Forest &forest, std::uint32_t pid, const StoryOptions &options);

// Tells what failed in a command that succeeded.
std::vector<std::string> tell_what_failed(const Forest &forest);

// Whether the end of any program is known.
bool has_ends(const Forest &forest);

} // namespace snoop::snoop_why
