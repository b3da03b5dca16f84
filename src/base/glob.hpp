// SPDX-License-Identifier: BSD-2-Clause
// Patterns with the wildcards of glob(7): * ? [abc].
//     has_wildcard("tcp_*");                    // true
//     matches_pattern("tcp_*", "tcp_sendmsg");  // true
#pragma once

#include <fnmatch.h>

#include <string>
#include <string_view>

namespace snoop {

inline bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

inline bool matches_pattern(const std::string &pattern, const std::string &name)
{
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

} // namespace snoop
