// SPDX-License-Identifier: BSD-2-Clause
#include "base/utf8.hpp"

#include <algorithm>
#include <span>

namespace snoop {
namespace {

struct Range {
    char32_t first, last;
};

// Sorted. Unicode's general categories Cc, Cf, Zl and Zp, the property
// Default_Ignorable_Code_Point and noncharacters, and U+2800, the Braille pattern without a
// dot. tests/unit/base/unicode_test.cpp compares this list with Debian's unicode-data.
constexpr std::array unprintable{
    Range{0x0000, 0x001f},   Range{0x007f, 0x009f},   Range{0x00ad, 0x00ad},   Range{0x034f, 0x034f},
    Range{0x0600, 0x0605},   Range{0x061c, 0x061c},   Range{0x06dd, 0x06dd},   Range{0x070f, 0x070f},
    Range{0x0890, 0x0891},   Range{0x08e2, 0x08e2},   Range{0x115f, 0x1160},   Range{0x17b4, 0x17b5},
    Range{0x180b, 0x180f},   Range{0x200b, 0x200f},   Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
    Range{0x2800, 0x2800},   Range{0x3164, 0x3164},   Range{0xfdd0, 0xfdef},   Range{0xfe00, 0xfe0f},
    Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},   Range{0x110bd, 0x110bd},
    Range{0x110cd, 0x110cd}, Range{0x13430, 0x1343f}, Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a},
    Range{0xe0000, 0xe0fff},
};

// Sorted. Unicode's general category Zs.
constexpr std::array spaces{
    Range{0x0020, 0x0020}, Range{0x00a0, 0x00a0}, Range{0x1680, 0x1680}, Range{0x2000, 0x200a},
    Range{0x202f, 0x202f}, Range{0x205f, 0x205f}, Range{0x3000, 0x3000},
};

bool is_in(std::span<const Range> ranges, char32_t code_point)
{
    const auto range = std::ranges::lower_bound(ranges, code_point, {}, &Range::last);
    return range != ranges.end() && code_point >= range->first;
}

} // namespace

Utf8Step utf8_step(std::string_view text) noexcept
{
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned lead = at(0);

    if (lead < 0x80)
        return {1, true, lead};
    if (lead < 0xc2 || lead > 0xf4)
        return {1, false, 0};

    const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    // The range of the second byte excludes overlong forms, surrogates and > U+10FFFF.
    unsigned low = 0x80, high = 0xbf;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;

    char32_t code_point = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; i++) {
        const unsigned c = at(i);
        if (c < low || c > high)
            return {i, false, 0};
        code_point = code_point << 6 | (c & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    return {size, true, code_point};
}

bool is_printable(char32_t code_point) noexcept
{
    return (code_point & 0xfffe) != 0xfffe && !is_in(unprintable, code_point);
}

bool is_space(char32_t code_point) noexcept { return is_in(spaces, code_point); }

} // namespace snoop
