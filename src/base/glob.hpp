// SPDX-License-Identifier: BSD-2-Clause
// Names with the wildcards of glob(7): * ? [abc].
//     if (is_pattern(text)) … if (matches_pattern("tcp_*", name)) …
#pragma once

#include <fnmatch.h>

#include <string>
#include <string_view>

namespace snoop {

inline bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

inline bool matches_pattern(const std::string &pattern, const std::string &name)
{
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

} // namespace snoop
