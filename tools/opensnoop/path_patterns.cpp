// SPDX-License-Identifier: BSD-2-Clause
#include "opensnoop/path_patterns.hpp"
#include "base/glob.hpp"

#include <algorithm>

namespace snoop::opensnoop {

PathPatterns::PathPatterns(const std::vector<std::string> &words, Part part) : part_(part)
{
    for (const std::string &word : words)
        if (word.starts_with('!'))
            unwanted_.push_back(word.substr(1));
        else
            wanted_.push_back(word);
}

bool PathPatterns::match(std::string_view path) const
{
    const std::string text{path};
    return (wanted_.empty() || any_matches(wanted_, text)) && !any_matches(unwanted_, text);
}

std::vector<std::string> PathPatterns::for_kernel() const
{
    return std::ranges::any_of(wanted_, has_wildcard) ? std::vector<std::string>{} : wanted_;
}

bool PathPatterns::needs_user_space() const { return !unwanted_.empty() || std::ranges::any_of(wanted_, has_wildcard); }

bool PathPatterns::matches(const std::string &word, const std::string &path) const
{
    if (has_wildcard(word))
        return matches_pattern(word, path);
    return part_ == Part::begin ? path.starts_with(word) : path.ends_with(word);
}

bool PathPatterns::any_matches(const std::vector<std::string> &words, const std::string &path) const
{
    return std::ranges::any_of(words, [&](const std::string &word) { return matches(word, path); });
}

} // namespace snoop::opensnoop
