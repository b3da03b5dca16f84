// SPDX-License-Identifier: BSD-2-Clause
// The output of counting tools: rows of JSON, and the accounting summary.
//     EXPECT_THAT(counts_in(tool.rows()), ElementsAre(Pair("1000", 2)));
//     expect_counts_balance(tool.err());
#pragma once

#include "tool_run.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snoop::test {

using Counts = std::map<std::string, std::uint64_t>;

// The last count, or another measure, of each key.
Counts counts_in(const std::vector<Json> &rows, const std::string &measure = "count");
std::uint64_t sum(const Counts &counts);

// Checks seen = counted + filtered + other + lost; returns these and the other numbers of the line.
Counts expect_counts_balance(const std::string &err);

} // namespace snoop::test
