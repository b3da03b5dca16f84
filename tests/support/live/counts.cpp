// SPDX-License-Identifier: BSD-2-Clause
#include "counts.hpp"

#include <gtest/gtest.h>

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

Counts expect_counts_balance(const std::string &err)
{
    const std::string last = split_lines(err).back();
    Counts accounting;

    if (last.starts_with('{')) {
        const Json all = parse_json(last);
        for (const auto &[key, value] : all.items())
            if (value.is_number())
                accounting[key] = value;
    } else {
        for (const Groups &said : all_groups_in(last, R"((\w+) (\d+))"))
            accounting.try_emplace(said[1], std::stoull(said[2]));
    }
    EXPECT_TRUE(accounting.contains("seen")) << err;
    EXPECT_EQ(accounting["seen"],
              accounting["counted"] + accounting["filtered"] + accounting["other"] + accounting["lost"])
        << err;
    return accounting;
}

} // namespace snoop::test
