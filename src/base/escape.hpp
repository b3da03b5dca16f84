// SPDX-License-Identifier: BSD-2-Clause
// Bytes from the kernel as text for a terminal: never a control character, never a
// line break, never invalid UTF-8, and still readable back into the same bytes.
//     snoop::append_escaped(out, comm, snoop::Spaces::escape);   // "tmux:\x20server"
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace snoop {

using Buffer = fmt::basic_memory_buffer<char, 512>;

// Most of what a row costs, so it is inline; fmt's own append() is not.
inline void append(Buffer &out, std::string_view text)
{
    const std::size_t end = out.size();

    out.resize(end + text.size());
    if (!text.empty())
        std::memcpy(out.data() + end, text.data(), text.size());
}

// A set of bytes, such as those that may stand in a text as they are.
class ByteSet {
public:
    template <class Has> constexpr explicit ByteSet(Has has)
    {
        for (unsigned c = 0; c < has_.size(); c++)
            has_[c] = has(static_cast<unsigned char>(c));
    }

    // How many bytes at the beginning of text are of the set.
    [[nodiscard]] std::size_t run(std::string_view text) const noexcept
    {
        std::size_t i = 0;
        while (i < text.size() && has_[static_cast<unsigned char>(text[i])])
            i++;
        return i;
    }

private:
    std::array<bool, 256> has_{};
};

// One step through bytes that should be UTF-8 (RFC 3629, as Unicode 15, table 3-7).
struct Utf8Step {
    std::size_t size;    // bytes consumed, at least 1
    bool valid;          // false: `size` bytes, a maximal ill-formed part
    char32_t code_point; // of a valid one
};

// The character, or the ill-formed part, that text starts with; text is not empty.
Utf8Step utf8_step(std::string_view text) noexcept;

// Can it be shown without driving the terminal or reordering the line? False for
// controls (C0, DEL, C1), line and paragraph separators, bidirectional and other
// invisible format characters, and non-characters.
bool is_printable(char32_t code_point) noexcept;

enum class Spaces { keep, escape };

// Appends text with \n \t \r… as C writes them, other unprintable bytes as \xHH,
// a backslash doubled. With Spaces::escape a space becomes \x20, so that it can't
// be taken for the end of a column.
void append_escaped(Buffer &out, std::string_view text, Spaces spaces = Spaces::keep);

// Appends text as one word of a POSIX-like shell (bash, zsh, ksh): as it is where
// no quoting is needed, in '…', or in $'…' where a byte has to be escaped.
void append_quoted(Buffer &out, std::string_view text);

// Columns that the text from byte `from` of out takes on a terminal, a character
// counted as one.
std::size_t width_from(const Buffer &out, std::size_t from) noexcept;

} // namespace snoop
