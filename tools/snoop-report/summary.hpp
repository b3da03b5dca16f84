// SPDX-License-Identifier: BSD-2-Clause
// A report in words: its title, and what is in it.
//     for (const std::string &text : summary(forest, read, left_out)) say(text);
#pragma once

#include "forest/forest.hpp"
#include "forest/row_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace snoop::snoop_report {

// The command that was traced, if all programs come from one; or the names of the files, without folders.
std::string title_of(const Forest &forest, const std::vector<std::string> &files);

// Lines that count what is in the report, and say what it lacks.
std::vector<std::string> summary(const Forest &forest, const RowsRead &read, std::uint64_t rows_left_out = 0);

} // namespace snoop::snoop_report
