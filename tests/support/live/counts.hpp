// SPDX-License-Identifier: BSD-2-Clause
// The counts in the JSON rows of a tool that counts.
//     EXPECT_THAT(counts_in(tool.rows()), ElementsAre(Pair("1000", 2)));
#pragma once

#include "reading.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snoop::test {

using Counts = std::map<std::string, std::uint64_t>;

// The last count, or another measure, of each key.
Counts counts_in(const std::vector<Json> &rows, const std::string &measure = "count");
std::uint64_t sum(const Counts &counts);

} // namespace snoop::test
