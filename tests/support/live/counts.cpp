// SPDX-License-Identifier: BSD-2-Clause
#include "counts.hpp"

#include <numeric>

namespace snoop::test {

Counts counts_in(const std::vector<Json> &rows, const std::string &measure)
{
    Counts counts;
    for (const Json &row : rows)
        counts[row["key"]] = row[measure];
    return counts;
}

std::uint64_t sum(const Counts &counts)
{
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](std::uint64_t all, const auto &one) { return all + one.second; });
}

} // namespace snoop::test
