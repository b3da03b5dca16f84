// SPDX-License-Identifier: BSD-2-Clause
// Compares two jobs.
//     for (const Difference &difference : compare(a, b, {})) …
#pragma once

#include "snoop-diff/difference.hpp"
#include "snoop-diff/job.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace snoop::snoop_diff {

struct CompareOptions {
    double slower_factor = 2;
    std::uint64_t slower_ns = 100'000'000;
    std::function<bool(std::string_view path)> ignores = {}; // files; may be empty
};

// The first one that matters comes first, then the others by their weight, and by time.
std::vector<Difference> compare(Job &a, Job &b, const CompareOptions &options);

} // namespace snoop::snoop_diff
