// SPDX-License-Identifier: BSD-2-Clause
#include "counts.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <regex>

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
    static const std::regex number{R"((\w+) (\d+))"};
    const std::string last = split_lines(err).back();
    Counts books;

    if (last.starts_with('{')) {
        const Json all = Json::parse(last);
        for (const auto &[key, value] : all.items())
            if (value.is_number())
                books[key] = value;
    } else {
        for (std::sregex_iterator at{last.begin(), last.end(), number}, end; at != end; ++at)
            books.try_emplace((*at)[1].str(), std::stoull((*at)[2]));
    }
    EXPECT_TRUE(books.contains("seen")) << err;
    EXPECT_EQ(books["seen"], books["counted"] + books["filtered"] + books["other"] + books["lost"]) << err;
    return books;
}

} // namespace snoop::test
