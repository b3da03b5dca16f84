// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.hpp"

#include <algorithm>
#include <cstddef>

namespace snoop {
namespace {

constexpr ByteSet plain{[](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '\\'; }};
constexpr ByteSet plain_word{[](unsigned char c) { return c > 0x20 && c < 0x7f && c != '\\'; }};

void append_hex(Buffer &out, std::string_view bytes)
{
    constexpr char digits[] = "0123456789abcdef";

    for (unsigned char c : bytes) {
        const char hex[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
        out.append(hex, hex + sizeof(hex));
    }
}

// The letter of \n, \t and so on; 0 if C has none for this byte.
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
        else if (step.valid && is_printable(step.code_point) && (spaces == Spaces::keep || !is_space(step.code_point)))
            append(out, part);
        else
            append_unprintable(out, part);
        text.remove_prefix(step.size);
    }
}

void append_quoted(Buffer &out, std::string_view text)
{
    // zsh expands =ls to the path of ls.
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
    if (!escaped) { // '…' is enough: drop the $
        std::copy(out.data() + start + 1, out.data() + out.size(), out.data() + start);
        out.resize(out.size() - 1);
    }
}

} // namespace snoop
