// SPDX-License-Identifier: BSD-2-Clause
// The values of --path and --suffix: beginnings or ends of paths, patterns, and what is left out.
//     const PathPatterns paths{{"/etc", "!/etc/ssl", "*/passwd"}, PathPatterns::Part::begin};
//     paths.match("/etc/passwd");   // true
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snoop::opensnoop {

class PathPatterns {
public:
    enum class Part { begin, end };

    // A word that begins with "!" leaves out what it matches. One with a wildcard of glob(7) is compared with the
    // whole path, * and ? matching slashes too; another with its begin or end.
    PathPatterns(const std::vector<std::string> &words, Part part);

    // Some word without a "!" matches, if there is one, and none with it.
    [[nodiscard]] bool match(std::string_view path) const;

    // The words that a trie in the kernel can compare: all those without a "!", if none of them is a pattern. Empty if
    // every path must be looked at.
    [[nodiscard]] std::vector<std::string> for_kernel() const;
    // Whether some words are left to user space.
    [[nodiscard]] bool needs_user_space() const;

private:
    [[nodiscard]] bool matches(const std::string &word, const std::string &path) const;
    [[nodiscard]] bool any_matches(const std::vector<std::string> &words, const std::string &path) const;

    std::vector<std::string> wanted_, unwanted_;
    Part part_;
};

} // namespace snoop::opensnoop
