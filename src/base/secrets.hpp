// SPDX-License-Identifier: BSD-2-Clause
// Finds secrets in text by the names that stand before them, and in URLs: --redact secrets. The manual pages list in
// REDACTION what is found.
//     std::vector<TextSpan> spans;
//     find_secrets("db\0--password=x\0-v", spans);     // spans[0] is that of "x"
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace snoop {

struct TextSpan {
    std::size_t from, to; // bytes; `to` is the first one behind it
    bool operator==(const TextSpan &) const = default;
};

// Adds the secrets in a text, in any order, which may overlap. NULs separate the arguments of a command. Takes time
// in proportion to the length.
void find_secrets(std::string_view text, std::vector<TextSpan> &spans);

} // namespace snoop
