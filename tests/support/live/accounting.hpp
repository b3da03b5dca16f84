// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary, the last line that a tool prints to stderr.
//     EXPECT_EQ(expect_balance(tool.err())["lost"], 0);
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace snoop::test {

// The numbers of the summary, text or JSON, by their JSON keys: "seen"; "printed" or, for a
// tool that counts, "counted" and "other"; "filtered", "lost", "after_stop", "in_flight",
// "truncated" and "faulted"; and the causes of losses, such as "ring_full" and "missed".
// A number that the summary does not have is 0. Throws if stderr does not end with a summary.
std::map<std::string, std::uint64_t> accounting_of(const std::string &err);
// Like accounting_of(); fails the test if the numbers do not add up to "seen".
std::map<std::string, std::uint64_t> expect_balance(const std::string &err);

} // namespace snoop::test
