// SPDX-License-Identifier: BSD-2-Clause
// Tells the steps of a search through PATH from commands that do not exist: a shell tries each directory in turn, until
// an exec succeeds.
//     mark_found_later(programs, failed_execs);
#pragma once

#include "forest/forest.hpp"

#include <vector>

namespace snoop {

// Sets is_found_later of each failed exec after which the same thread executed the same command.
void mark_found_later(const std::vector<Program> &programs, std::vector<FailedExec> &failed_execs);

} // namespace snoop
