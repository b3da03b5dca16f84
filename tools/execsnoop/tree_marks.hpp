// SPDX-License-Identifier: BSD-2-Clause
// The branches that --tree draws before a command: of box-drawing characters on a terminal with UTF-8, otherwise of
// ASCII characters.
//     append_position(out, at, marks);         // "      `- ", of a row that comes now
//     append_branches(out, branches, marks);   // "|  |- ", of a row of the whole tree
#pragma once

#include "base/buffer.hpp"
#include "forest/process_tree.hpp"

#include <string_view>

namespace snoop::execsnoop {

// Each has three columns, save `then`.
struct TreeMarks {
    std::string_view last, more, through, next; // the last one here, one before others, others below, the next program
    std::string_view then;                      // between the programs that a process runs one after the other
};

// For rows that are written to this file.
const TreeMarks &tree_marks(int fd);

void append_position(Buffer &out, const ProcessTree::Position &at, const TreeMarks &marks);
void append_branches(Buffer &out, const Branches &branches, const TreeMarks &marks);

} // namespace snoop::execsnoop
