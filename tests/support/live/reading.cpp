// SPDX-License-Identifier: BSD-2-Clause
#include "reading.hpp"

#include <algorithm>
#include <ostream>
#include <regex>

namespace snoop::test {
namespace {

Groups texts_of(const std::smatch &match)
{
    Groups groups;

    for (const auto &group : match)
        groups.push_back(group.str());
    return groups;
}

} // namespace

Json parse_json(std::string_view text) { return Json::parse(text); }

bool matches(const std::string &text, const std::string &pattern) { return !groups_of(text, pattern).empty(); }

bool has_match(const std::string &text, const std::string &pattern) { return !first_groups_in(text, pattern).empty(); }

Groups groups_of(const std::string &text, const std::string &pattern)
{
    std::smatch match;

    return std::regex_match(text, match, std::regex{pattern}) ? texts_of(match) : Groups{};
}

Groups first_groups_in(const std::string &text, const std::string &pattern)
{
    std::smatch match;

    return std::regex_search(text, match, std::regex{pattern}) ? texts_of(match) : Groups{};
}

std::vector<Groups> all_groups_in(const std::string &text, const std::string &pattern)
{
    const std::regex regex{pattern};
    std::vector<Groups> all;

    for (std::sregex_iterator at{text.begin(), text.end(), regex}, end; at != end; ++at)
        all.push_back(texts_of(*at));
    return all;
}

std::vector<std::string> split_lines(const std::string &text)
{
    std::vector<std::string> lines;
    std::size_t at = 0;

    while (at < text.size()) {
        const std::size_t stop = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, stop - at));
        at = stop + 1;
    }
    return lines;
}

} // namespace snoop::test

namespace nlohmann {
void PrintTo(const json &value, std::ostream *out) { *out << value; }
} // namespace nlohmann
