// SPDX-License-Identifier: BSD-2-Clause
// The columns that say who executed a program: terminal, privileges, user namespace, kind of file, environment.
//     add_who_columns(columns);
//     add_environment_columns(columns, options);   // --env, --env-diff
#pragma once

#include "execsnoop/options.hpp"
#include "execsnoop/row.hpp"
#include "table/columns.hpp"

#include <vector>

namespace snoop::execsnoop {

void add_who_columns(std::vector<Column<Row>> &columns);
void add_environment_columns(std::vector<Column<Row>> &columns, const Options &options);

// Whether rows show a value of add_who_columns(), or one that is read together with them.
bool shows_who(const CommonOptions &common);

} // namespace snoop::execsnoop
