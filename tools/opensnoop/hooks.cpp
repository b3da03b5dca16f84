// SPDX-License-Identifier: BSD-2-Clause
#include "opensnoop/hooks.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace snoop::opensnoop {
namespace {

// Returns what the kernel compares of --path or --suffix: with -F nothing, since it is about the resolved path, of
// which the programs send the names.
PathPatterns for_kernel(const Options &options, const std::vector<PathPattern> &patterns, PathPatterns::Part part)
{
    return {options.full_path ? std::vector<PathPattern>{} : PathPatterns{patterns, part}.for_kernel(), part};
}

// Whether rows show what the programs read of the opened file only if they are asked to.
bool shows_file(const CommonOptions &common)
{
    constexpr std::array keys{"resolved", "mnt_ns", "deleted", "dev", "ino"};

    return std::ranges::any_of(keys, [&](const char *key) { return common.shows(key); });
}

} // namespace

WantedPaths wanted_paths(const Session &session, const Options &options)
{
    const auto &common = session.options();
    const auto patterns = [&](const char *option, const std::vector<PathPattern> &given, PathPatterns::Part part) {
        PathPatterns in_trie = for_kernel(options, given, part);
        const bool in_kernel = !in_trie.for_trie().empty();
        const bool in_user_space = options.full_path || PathPatterns{given, part}.needs_user_space();
        if (!given.empty())
            session.log().detail("{}: compared in {}, with the path {}", option,
                                 in_kernel && in_user_space ? "the kernel, except for patterns with wildcards"
                                 : in_kernel                ? "the kernel"
                                                            : "user space",
                                 options.full_path ? "that was opened" : "as given");
        return in_trie;
    };

    return {.prefixes = patterns("--path", options.prefixes, PathPatterns::Part::begin),
            .suffixes = patterns("--suffix", options.suffixes, PathPatterns::Part::end),
            .resolved = options.full_path || shows_file(common) || !common.record.empty()};
}

} // namespace snoop::opensnoop
