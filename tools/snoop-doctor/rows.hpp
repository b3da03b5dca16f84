// SPDX-License-Identifier: BSD-2-Clause
// The columns of snoop-doctor's tables, in text and in JSON.
//     check_columns().put_row(out, check);
#pragma once

#include "snoop-doctor/loaded_programs.hpp"
#include "snoop-doctor/running_maps.hpp"
#include "snoop-doctor/system_checks.hpp"
#include "table/columns.hpp"

#include <string>
#include <string_view>

namespace snoop {

std::string_view name_of(State state);  // "missing"
std::string_view name_of(HeldBy owner); // "process"

const Columns<Check> &check_columns();
const Columns<LoadedProgram> &program_columns();
const Columns<RunningMap> &map_columns();

// The JSON Schema of all rows.
std::string describe_rows(std::string_view tool);

} // namespace snoop
