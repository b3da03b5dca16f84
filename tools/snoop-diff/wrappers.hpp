// SPDX-License-Identifier: BSD-2-Clause
// Programs that only one of two recordings has above the job, such as those that start a container, or sudo.
//     skip_wrappers(a, roots_a, b, roots_b);
#pragma once

#include "snoop-diff/job.hpp"

#include <cstddef>
#include <unordered_set>
#include <vector>

namespace snoop::snoop_diff {

// If both jobs have one root, of different programs, and one of them runs a command of the other's root further down:
// that process becomes its root.
void skip_wrappers(Job &a, std::vector<std::size_t> &roots_a, Job &b, std::vector<std::size_t> &roots_b);

// The processes below one, but those that such programs have started.
std::vector<std::size_t> children_of(const Job &job, std::size_t process,
                                     const std::unordered_set<std::size_t> &wrappers);

} // namespace snoop::snoop_diff
