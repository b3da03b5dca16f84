// SPDX-License-Identifier: BSD-2-Clause
// The columns of --exit: how a process ended, how long it ran, and what it cost.
//     add_exit_columns(columns);
#pragma once

#include "execsnoop/row.hpp"
#include "table/columns.hpp"

#include <vector>

namespace snoop::execsnoop {

void add_exit_columns(std::vector<Column<Row>> &columns);

} // namespace snoop::execsnoop
