// SPDX-License-Identifier: BSD-2-Clause
// Escaped text is valid, printable UTF-8, and can be read back into the same bytes.
#include "fuzz.hpp"

#include "base/escape.hpp"

namespace {

using namespace snoop;

void check_printable(std::string_view text)
{
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        fuzz::require(step.valid, "the text is not valid UTF-8");
        fuzz::require(is_printable(step.code_point), "the text has a character that cannot be printed");
        text.remove_prefix(step.size);
    }
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string unescaped(std::string_view text)
{
    static constexpr std::string_view names = "abtnvfre\\", bytes = "\a\b\t\n\v\f\r\x1b\\";
    std::string all;
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '\\') {
            all += text[i];
            continue;
        }
        fuzz::require(++i < text.size(), "the text ends with half an escape");
        if (text[i] == 'x') {
            fuzz::require(i + 2 < text.size(), "an escape is cut off");
            all += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            const std::size_t at = names.find(text[i]);
            fuzz::require(at != std::string_view::npos, "there is an unknown escape");
            all += bytes[at];
        }
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char *>(data), size};

    for (const Spaces spaces : {Spaces::keep, Spaces::escape}) {
        Buffer out;
        append_escaped(out, bytes, spaces);
        const std::string_view text{out.data(), out.size()};
        check_printable(text);
        fuzz::require(spaces == Spaces::keep || text.find(' ') == std::string_view::npos, "a space is not escaped");
        fuzz::require(unescaped(text) == bytes, "the text reads back as other bytes");
        fuzz::require(width_from(out, 0) <= out.size(), "the text is wider than it has bytes");
    }
    Buffer quoted;
    append_quoted(quoted, bytes);
    check_printable({quoted.data(), quoted.size()});
    fuzz::require(quoted.size() > 0, "a word is empty");
    return 0;
}
