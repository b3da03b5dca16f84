// SPDX-License-Identifier: BSD-2-Clause
// Processes that took much longer in one job than in the other.
//     add_slower(a, b, pairs, options, differences);
#pragma once

#include "snoop-diff/compare.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace snoop::snoop_diff {

// Processes that belong together.
struct ProcessPair {
    std::size_t a = 0, b = 0;               // of Job::process()
    std::optional<std::size_t> above = {};  // the pair of their parents, which comes before
    std::optional<std::size_t> status = {}; // the difference that is theirs
};

// A process that is slower since those below it are is left out.
void add_slower(const Job &a, const Job &b, const std::vector<ProcessPair> &pairs, const CompareOptions &options,
                std::vector<Difference> &to);

} // namespace snoop::snoop_diff
