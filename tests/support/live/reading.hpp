// SPDX-License-Identifier: BSD-2-Clause
// What tools print, taken apart. Compiled once: to read JSON, to print it and to build a regular
// expression takes a compiler seconds in each file that does so itself.
#pragma once

#include <nlohmann/json.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {

using Json = nlohmann::json;

// One value, the whole text. Throws where it is none.
Json parse_json(std::string_view text);

// Patterns are those of std::regex, ECMAScript. Does the whole text match, or a place in it?
bool matches(const std::string &text, const std::string &pattern);
bool has_match(const std::string &text, const std::string &pattern);

// What the groups of a match hold, the whole of it first; nothing if there is none.
using Groups = std::vector<std::string>;
Groups groups_of(const std::string &text, const std::string &pattern);       // of the whole text
Groups first_groups_in(const std::string &text, const std::string &pattern); // of the first place
std::vector<Groups> all_groups_in(const std::string &text, const std::string &pattern);

} // namespace snoop::test

// For GoogleTest.
namespace nlohmann {
void PrintTo(const json &value, std::ostream *out);
}
