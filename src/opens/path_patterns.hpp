// SPDX-License-Identifier: BSD-2-Clause
// The values of --path and --suffix: beginnings or ends of paths, patterns, and what is left out.
//     const PathPatterns paths{{{"/etc"}, {"/etc/ssl", true}, {"*/passwd"}}, PathPatterns::Part::begin};
//     paths.match("/etc/passwd");   // true
#pragma once

#include "base/condition.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

using PathPattern = Condition<std::string>;

class PathPatterns {
public:
    enum class Part { begin, end };

    // One with a wildcard of glob(7) is compared with the whole path, * and ? matching slashes too; another with its
    // begin or end.
    PathPatterns(std::vector<PathPattern> patterns, Part part) : patterns_(std::move(patterns)), part_(part) {}

    // Some pattern without a "!" matches, if there is one, and none with it.
    [[nodiscard]] bool match(std::string_view path) const;

    // The patterns that the kernel can compare: they have no wildcards. Of those without a "!", it compares all or
    // none: a path passes if one of them matches.
    [[nodiscard]] std::vector<PathPattern> for_kernel() const;
    // The entries of a trie, whose longest match is the kernel's answer: for_kernel() without the patterns that match
    // only paths that a pattern with a "!" excludes.
    [[nodiscard]] std::vector<PathPattern> for_trie() const;
    // Whether some are left to user space.
    [[nodiscard]] bool needs_user_space() const;

private:
    [[nodiscard]] bool has(const std::string &text, const std::string &word) const;

    std::vector<PathPattern> patterns_;
    Part part_;
};

} // namespace snoop
