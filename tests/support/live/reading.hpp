// SPDX-License-Identifier: BSD-2-Clause
// Parses what tools print. Compiled once: JSON and regular expressions each cost
// a compiler seconds in every file that includes them.
#pragma once

#include <nlohmann/json.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

using Json = nlohmann::json;

// Parses the whole text as one value. Throws if it is not JSON.
Json parse_json(std::string_view text);

std::vector<std::string> split_lines(const std::string &text);

// Patterns are ECMAScript, as std::regex has them. Match the whole text, or search it.
bool matches(const std::string &text, const std::string &pattern);
bool has_match(const std::string &text, const std::string &pattern);

// The groups of a match, the whole match first; nullopt without one.
using Groups = std::vector<std::string>;
Groups groups_of(const std::string &text, const std::string &pattern);       // matches the whole text
Groups first_groups_in(const std::string &text, const std::string &pattern); // of the first match
std::vector<Groups> all_groups_in(const std::string &text, const std::string &pattern);

} // namespace snoop::test

// For GoogleTest.
namespace nlohmann {
void PrintTo(const json &value, std::ostream *out);
}
