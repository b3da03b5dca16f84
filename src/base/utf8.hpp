// SPDX-License-Identifier: BSD-2-Clause
// Steps through bytes that should be UTF-8, and tells which characters are safe to show.
//     const Utf8Step step = utf8_step(text);
//     if (step.valid && is_printable(step.code_point)) …
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace snoop {

// A set of bytes, such as those that need no escaping.
class ByteSet {
public:
    template <class Has> constexpr explicit ByteSet(Has has)
    {
        for (unsigned c = 0; c < has_.size(); c++)
            has_[c] = has(static_cast<unsigned char>(c));
    }

    // The number of leading bytes of text that are in the set.
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

// The first step through a text, as RFC 3629 and table 3-7 of Unicode 15 define it.
struct Utf8Step {
    std::size_t size;    // bytes consumed, at least 1
    bool valid;          // false: these bytes are a maximal ill-formed part
    char32_t code_point; // if valid
};

// Decodes the character, or the ill-formed part, that text starts with; text is not empty.
Utf8Step utf8_step(std::string_view text) noexcept;

// False for a character that drives the terminal, reorders the line or cannot be seen:
// controls, separators of lines and paragraphs, format characters (bidirectional controls
// among them), everything that Unicode allows a font to ignore, invisible letters and symbols
// (Hangul fillers, the empty Braille pattern) and noncharacters.
bool is_printable(char32_t code_point) noexcept;

// True for U+0020 and for every other character that shows as a space (general category Zs).
bool is_space(char32_t code_point) noexcept;

} // namespace snoop
