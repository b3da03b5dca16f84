// SPDX-License-Identifier: BSD-2-Clause
// Finds where a failure came from: from the command down to the process that failed first.
//     const std::vector<std::size_t> chain = chain_from(forest, *root);
#pragma once

#include "forest/forest.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace snoop::snoop_why {

bool is_shell(const Program &program);

// Whether its exit status is the one of shells, env, nohup and others that could not execute a program: 126 or 127.
bool has_status_of_exec(const Program &program);

// The first program that a process ran: of the process `pid` or, with 0, of the last one that failed of those that
// nothing in the forest started. Nothing if there is none.
std::optional<std::size_t> find_root(const Forest &forest, std::uint32_t pid);

// Whether a program failed because its child did: its exit status is the one of the child, or the one that make,
// timeout or xargs has for that; or the child was killed, and not in a way in which the program may have ended it.
bool passes_on(const Program &program, const Program &child);

// Indexes of programs: the last one that each process ran, from the root to the one whose failure the others passed on.
std::vector<std::size_t> chain_from(const Forest &forest, std::size_t root);

} // namespace snoop::snoop_why
