// SPDX-License-Identifier: BSD-2-Clause
// Cuts a text between two characters.
//     utf8_prefix("naïve", 3) == "na"
//     utf8_suffix("naïve", 3) == "ve"
#pragma once

#include <cstddef>
#include <string_view>

namespace snoop {

// The longest beginning of at most `most` bytes that ends with a whole character.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t most) noexcept
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U)
        most--;
    return text.substr(0, most);
}

// The longest end of at most `most` bytes that begins with a whole character.
constexpr std::string_view utf8_suffix(std::string_view text, std::size_t most) noexcept
{
    if (text.size() <= most)
        return text;
    text.remove_prefix(text.size() - most);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0U) == 0x80U)
        text.remove_prefix(1);
    return text;
}

} // namespace snoop
