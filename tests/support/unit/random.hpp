// SPDX-License-Identifier: BSD-2-Clause
// Random bytes that exercise the edges of text code: broken and valid UTF-8, controls,
// quotes, escapes. The seed is fixed: a failure can be repeated.
//     RandomBytes random{1};
//     const std::string bytes = random.string(60);
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

class RandomBytes {
public:
    explicit RandomBytes(unsigned seed) : engine_(seed) {}

    // A number from 0 to `end` - 1.
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(engine_); }

    template <class T> T number() { return static_cast<T>(std::uniform_int_distribution<std::uint64_t>{}(engine_)); }

    // Up to max_pieces pieces: single bytes, or fragments with a meaning.
    std::string string(std::size_t max_pieces)
    {
        std::string bytes;
        for (std::size_t left = below(max_pieces + 1); left > 0; left--)
            bytes += piece();
        return bytes;
    }
    std::string string_without_nul(std::size_t max_pieces)
    {
        std::string bytes = string(max_pieces);
        std::erase(bytes, '\0');
        return bytes;
    }

private:
    std::string piece()
    {
        using namespace std::string_view_literals;
        static constexpr std::array fragments{"a"sv,
                                              "0f"sv,
                                              "\\"sv,
                                              "'"sv,
                                              "\""sv,
                                              " "sv,
                                              "\n"sv,
                                              "\r\t"sv,
                                              "\x1b[31m"sv,
                                              "\x7f"sv,
                                              "\x01"sv,
                                              "\0"sv,
                                              "$(id)"sv,
                                              "`id`"sv,
                                              "!x"sv,
                                              "\\x41"sv,
                                              "\\n"sv,
                                              "~"sv,
                                              "\xc3\xa4"sv,
                                              "\xe2\x82\xac"sv,
                                              "\xf0\x9f\x98\x80"sv,
                                              "\xc2\x9b"sv,
                                              "\xe2\x80\xae"sv,
                                              "\xef\xbb\xbf"sv,
                                              "\xc3"sv,
                                              "\xe2\x82"sv,
                                              "\xf0\x9f\x98"sv,
                                              "\xed\xa0\x80"sv,
                                              "\xf4\x90\x80"sv,
                                              "\xc0\xaf"sv,
                                              "\xff"sv,
                                              "\x80"sv,
                                              "\xef\xbf\xbf"sv,
                                              "\xe0\x9f\xbf"sv,
                                              "$'"sv,
                                              "\xf3\xa0\x80\xa1"sv};

        if (below(3) == 0)
            return std::string(1, static_cast<char>(below(256)));
        return std::string{fragments[below(fragments.size())]};
    }

    std::mt19937 engine_;
};
