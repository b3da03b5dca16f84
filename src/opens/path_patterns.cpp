// SPDX-License-Identifier: BSD-2-Clause
#include "opens/path_patterns.hpp"
#include "base/glob.hpp"

#include <algorithm>

namespace snoop {
namespace {

bool is_pattern(const PathPattern &pattern) { return has_wildcard(pattern.value); }

} // namespace

bool PathPatterns::match(std::string_view path) const
{
    const std::string text{path};

    return conditions_hold(patterns_, [&](const std::string &word) {
        return has_wildcard(word) ? matches_pattern(word, text) : has(text, word);
    });
}

std::vector<PathPattern> PathPatterns::for_kernel() const
{
    const bool any_wanted =
        std::ranges::any_of(patterns_, [](const PathPattern &p) { return !p.is_not && is_pattern(p); });
    std::vector<PathPattern> plain;

    for (const PathPattern &pattern : patterns_)
        if (!is_pattern(pattern) && (pattern.is_not || !any_wanted))
            plain.push_back(pattern);
    return plain;
}

std::vector<PathPattern> PathPatterns::for_trie() const
{
    const std::vector<PathPattern> all = for_kernel();
    const auto is_left_out = [&](const PathPattern &pattern) {
        return !pattern.is_not &&
               std::ranges::any_of(all, [&](const PathPattern &p) { return p.is_not && has(pattern.value, p.value); });
    };
    std::vector<PathPattern> entries;

    std::ranges::remove_copy_if(all, std::back_inserter(entries), is_left_out);
    return entries;
}

bool PathPatterns::needs_user_space() const { return std::ranges::any_of(patterns_, is_pattern); }

bool PathPatterns::has(const std::string &text, const std::string &word) const
{
    return part_ == Part::begin ? text.starts_with(word) : text.ends_with(word);
}

} // namespace snoop
