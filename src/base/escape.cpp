// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.hpp"

#include <algorithm>
#include <array>

namespace snoop {
namespace {

constexpr ByteSet plain{[](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '\\'; }};
constexpr ByteSet plain_word{[](unsigned char c) { return c > 0x20 && c < 0x7f && c != '\\'; }};

struct Range {
    char32_t first, last;
};

// Sorted. Unicode's general categories Cc, Cf (those that reorder or hide), Zl, Zp.
constexpr std::array unprintable{
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0xad, 0xad},     Range{0x61c, 0x61c},
    Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e}, Range{0x2060, 0x206f},
    Range{0xfdd0, 0xfdef}, Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe007f},
};

void append_hex(Buffer &out, std::string_view bytes)
{
    constexpr char digits[] = "0123456789abcdef";

    for (unsigned char c : bytes) {
        const char hex[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
        out.append(hex, hex + sizeof(hex));
    }
}

// \n and its like; 0 where C has no letter for it.
constexpr char letter_of(char c)
{
    switch (c) {
    case '\a': return 'a';
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\v': return 'v';
    case '\f': return 'f';
    case '\r': return 'r';
    default: return 0;
    }
}

void append_unprintable(Buffer &out, std::string_view bytes)
{
    if (const char letter = letter_of(bytes[0])) {
        out.push_back('\\');
        out.push_back(letter);
    } else {
        append_hex(out, bytes);
    }
}

constexpr ByteSet shell_safe{[](unsigned char c) {
    constexpr std::string_view safe = "%+,-./:=@_^";

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           safe.find(static_cast<char>(c)) != std::string_view::npos;
}};

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
    // The second byte's range excludes overlong forms, surrogates and > U+10FFFF.
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
    if ((code_point & 0xfffe) == 0xfffe)
        return false;
    const auto *range = std::lower_bound(unprintable.begin(), unprintable.end(), code_point,
                                         [](const Range &r, char32_t c) { return r.last < c; });
    return range == unprintable.end() || code_point < range->first;
}

void append_escaped(Buffer &out, std::string_view text, Spaces spaces)
{
    const ByteSet &as_it_is = spaces == Spaces::escape ? plain_word : plain;

    while (!text.empty()) {
        const std::size_t run = as_it_is.run(text);
        append(out, text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty())
            return;

        const Utf8Step step = utf8_step(text);
        const std::string_view part = text.substr(0, step.size);
        if (part == "\\")
            append(out, "\\\\");
        else if (part == " ")
            append(out, "\\x20");
        else if (step.valid && is_printable(step.code_point))
            append(out, part);
        else
            append_unprintable(out, part);
        text.remove_prefix(step.size);
    }
}

void append_quoted(Buffer &out, std::string_view text)
{
    // zsh takes a = in front for "the path of".
    if (!text.empty() && text[0] != '=' && shell_safe.run(text) == text.size()) {
        append(out, text);
        return;
    }

    const std::size_t start = out.size();
    bool escaped = false;
    append(out, "$'");
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        const std::string_view part = text.substr(0, step.size);
        if (part == "'" || part == "\\") {
            escaped = true;
            out.push_back('\\');
            append(out, part);
        } else if (step.valid && is_printable(step.code_point)) {
            append(out, part);
        } else {
            escaped = true;
            append_unprintable(out, part);
        }
        text.remove_prefix(step.size);
    }
    out.push_back('\'');
    if (!escaped) { // '…' will do: drop the $
        std::copy(out.data() + start + 1, out.data() + out.size(), out.data() + start);
        out.resize(out.size() - 1);
    }
}

std::size_t width_from(const Buffer &out, std::size_t from) noexcept
{
    return static_cast<std::size_t>(
        std::count_if(out.data() + from, out.data() + out.size(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace snoop
