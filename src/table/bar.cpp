// SPDX-License-Identifier: BSD-2-Clause
#include "table/bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace snoop {
namespace {

// U+258F to U+2589, from one eighth of a column to seven, and U+2588, the whole.
constexpr std::array<std::string_view, 8> blocks{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
constexpr std::string_view whole_block = "█";

// Locales are called en_US.UTF-8, C.utf8 or de_DE.UTF-8@euro.
bool is_utf8(std::string_view locale)
{
    const std::size_t dot = locale.find('.');
    if (dot == locale.npos)
        return false;
    const std::string_view after = locale.substr(dot + 1), encoding = after.substr(0, after.find('@'));
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return std::ranges::equal(encoding, std::string_view{"utf-8"}, same) ||
           std::ranges::equal(encoding, std::string_view{"utf8"}, same);
}

} // namespace

Bars bars_of_locale() noexcept
{
    for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const char *locale = std::getenv(name); locale && *locale)
            return is_utf8(locale) ? Bars::blocks : Bars::ascii;
    return Bars::ascii;
}

std::size_t append_bar(Buffer &out, double columns, char ascii, Bars bars)
{
    if (bars == Bars::ascii) {
        const auto whole = static_cast<std::size_t>(std::lround(columns));
        out.resize(out.size() + whole);
        std::fill_n(out.end() - static_cast<std::ptrdiff_t>(whole), whole, ascii);
        return whole;
    }
    const auto eighths = static_cast<std::size_t>(std::lround(columns * 8));
    for (std::size_t i = 0; i < eighths / 8; i++)
        append(out, whole_block);
    append(out, blocks[eighths % 8]);
    return (eighths + 7) / 8;
}

} // namespace snoop
