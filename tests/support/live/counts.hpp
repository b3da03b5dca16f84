// SPDX-License-Identifier: BSD-2-Clause
// What tools that count say: rows of JSON, and the accounting at the end.
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

// The last count of each key, or what else is counted of it.
Counts counts_in(const std::vector<Json> &rows, const std::string &measure = "count");
std::uint64_t sum(const Counts &counts);

// seen = counted + filtered + other + lost; returns them, and what else is a number there.
Counts expect_counts_balance(const std::string &err);

} // namespace snoop::test
