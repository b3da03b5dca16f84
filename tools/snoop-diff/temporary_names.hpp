// SPDX-License-Identifier: BSD-2-Clause
// Names that programs make up for temporary files.
//     looks_temporary("/tmp/cc32updj.s", 5, 8);   // the word "cc32updj"
#pragma once

#include <cstddef>
#include <string_view>

namespace snoop::snoop_diff {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether the word of `size` bytes at `at` looks like such a name, or like a number that is made up: hexadecimal
// digits, or a time.
bool looks_temporary(std::string_view text, std::size_t at, std::size_t size);

// Whether people hardly write such a word, with capitals or digits in the midst of it, or sort(1) makes it up.
bool looks_random(std::string_view word);

} // namespace snoop::snoop_diff
