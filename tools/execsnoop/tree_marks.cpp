// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/tree_marks.hpp"
#include "table/bar.hpp"

#include <algorithm>
#include <iterator>
#include <unistd.h>

namespace snoop::execsnoop {
namespace {

constexpr TreeMarks ascii{"`- ", "|- ", "|  ", "-> ", " -> "};
constexpr TreeMarks lines{"└─ ", "├─ ", "│  ", "→  ", " → "};

// Deeper rows are not indented further, but say how deep they are.
constexpr std::size_t most_levels = 24;

void append_depth(Buffer &out, std::size_t depth)
{
    if (depth > most_levels)
        fmt::format_to(std::back_inserter(out), "({}) ", depth);
}

} // namespace

const TreeMarks &tree_marks(int fd) { return isatty(fd) && bars_of_locale() == Bars::blocks ? lines : ascii; }

void append_position(Buffer &out, const ProcessTree::Position &at, const TreeMarks &marks)
{
    for (std::size_t level = 1; level < std::min(at.depth, most_levels); level++)
        append(out, "   ");
    if (at.is_next)
        append(out, marks.next);
    else if (at.depth > 0)
        append(out, marks.last);
    append_depth(out, at.depth);
}

void append_branches(Buffer &out, const Branches &branches, const TreeMarks &marks)
{
    const std::size_t levels = std::min(branches.size(), most_levels);

    for (std::size_t level = 0; level + 1 < levels; level++)
        append(out, branches[level] ? marks.through : "   ");
    if (levels > 0)
        append(out, branches.back() ? marks.more : marks.last);
    append_depth(out, branches.size());
}

} // namespace snoop::execsnoop
