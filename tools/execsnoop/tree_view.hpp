// SPDX-License-Identifier: BSD-2-Clause
// Shows the tree of --tree: indents rows as they come, and at the end prints all processes with the sums of those
// below.
//     TreeView tree{session, options};
//     tree.place(row);        // the row's ARGS begin with its indentation
//     tree.end(exit);
//     tree.print();
#pragma once

#include "execsnoop/options.hpp"
#include "execsnoop/row.hpp"
#include "execsnoop/tree_marks.hpp"
#include "forest/process_tree.hpp"
#include "run/session.hpp"

#include <string>

namespace snoop::execsnoop {

class TreeView {
public:
    TreeView(Session &session, const Options &options);

    // Adds the process of a row that will be printed. The row's indentation is valid until the next call.
    void place(Row &row);
    // A process has ended, or one that a process of the tree forked.
    void end(const exec_exit &exit);
    // With --exit or a command: prints the tree as it is now.
    void finish();

private:
    void print();

    Session &session_;
    bool has_costs_, shows_failed_;
    TreeMarks marks_;
    ProcessTree tree_;
    std::string indent_;
    Buffer command_;
};

} // namespace snoop::execsnoop
