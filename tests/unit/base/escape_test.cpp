// SPDX-License-Identifier: BSD-2-Clause
// Decoding UTF-8, the characters that are safe to show, and how the others are escaped.
#include "base/escape.hpp"

#include "unit/random.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace snoop;
using namespace std::string_literals;

std::string encode(char32_t c)
{
    const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };

    if (c < 0x80)
        return {static_cast<char>(c)};
    if (c < 0x800)
        return {static_cast<char>(0xc0 | c >> 6), tail(0)};
    if (c < 0x10000)
        return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

// Unicode 15, table 3-7: the ranges of the first two bytes, and the size.
struct WellFormed {
    unsigned first, first_last, second, second_last;
    std::size_t size;
};
constexpr WellFormed table_3_7[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

// The size of a sequence and whether it is well-formed according to the table; if it is not,
// the size of its maximal ill-formed part.
Utf8Step by_table(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };

    if (byte(0) < 0x80)
        return {1, true, 0};
    for (const WellFormed &row : table_3_7) {
        if (byte(0) < row.first || byte(0) > row.first_last)
            continue;
        if (text.size() < 2 || byte(1) < row.second || byte(1) > row.second_last)
            return {1, false, 0};
        std::size_t i = 2;
        while (i < row.size && i < text.size() && byte(i) >= 0x80 && byte(i) <= 0xbf)
            i++;
        return {i, i == row.size, 0};
    }
    return {1, false, 0};
}

std::string escaped(std::string_view bytes, Spaces spaces = Spaces::keep)
{
    Buffer out;
    append_escaped(out, bytes, spaces);
    return {out.data(), out.size()};
}

// Undoes the escapes.
std::string unescaped(std::string_view text)
{
    static const std::string letters = "abtnvfr", controls = "\a\b\t\n\v\f\r";
    std::string bytes;

    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '\\') {
            bytes += text[i];
            continue;
        }
        const char kind = text.at(++i);
        if (kind == '\\') {
            bytes += '\\';
        } else if (kind == 'x') {
            bytes += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
            i += 2;
        } else {
            bytes += controls.at(letters.find(kind));
        }
    }
    return bytes;
}

TEST(Utf8Step, EveryCodePoint)
{
    for (char32_t c = 0; c <= 0x10ffff; c++) {
        const std::string bytes = encode(c) + "\x80"; // the next byte is not part of it
        const Utf8Step step = utf8_step(bytes);
        if (c >= 0xd800 && c <= 0xdfff) {
            ASSERT_FALSE(step.valid) << std::hex << static_cast<unsigned>(c);
            ASSERT_EQ(step.size, 1u) << std::hex << static_cast<unsigned>(c);
        } else {
            ASSERT_TRUE(step.valid) << std::hex << static_cast<unsigned>(c);
            ASSERT_EQ(step.size, bytes.size() - 1) << std::hex << static_cast<unsigned>(c);
            ASSERT_EQ(step.code_point, c);
        }
    }
}

void expect_as_by_table(std::string_view text)
{
    const Utf8Step expected = by_table(text);
    const Utf8Step step = utf8_step(text);

    ASSERT_TRUE(step.valid == expected.valid && step.size == expected.size)
        << testing::PrintToString(text) << ": " << step.size << ", not " << expected.size;
}

TEST(Utf8Step, AgreesWithTheTableAtEveryBoundary)
{
    const std::string others = "\x7f\x80\xbf\xc0";
    std::string bytes(4, '\0');
    const auto check = [&](std::size_t size) { expect_as_by_table(std::string_view{bytes}.substr(0, size)); };

    for (unsigned first = 0; first < 256; first++) {
        bytes[0] = static_cast<char>(first);
        check(1);
        for (unsigned second = 0; second < 256; second++) {
            bytes[1] = static_cast<char>(second);
            check(2);
            for (const char third : others) {
                bytes[2] = third;
                check(3);
                for (const char fourth : others) {
                    bytes[3] = fourth;
                    check(4);
                    if (testing::Test::HasFatalFailure())
                        return;
                }
            }
        }
    }
}

TEST(Utf8Step, MaximalIllFormedParts)
{
    EXPECT_EQ(utf8_step("\xe2\x82").size, 2u);  // cut off at the end
    EXPECT_EQ(utf8_step("\xe2\x82x").size, 2u); // cut off by another character
    EXPECT_EQ(utf8_step("\xf0\x9f\x98\xc3\xa4").size, 3u);
    EXPECT_EQ(utf8_step("\xc0\xaf").size, 1u);         // overlong
    EXPECT_EQ(utf8_step("\xe0\x80\xaf").size, 1u);     // overlong
    EXPECT_EQ(utf8_step("\xed\xa0\x80").size, 1u);     // a surrogate
    EXPECT_EQ(utf8_step("\xf4\x90\x80\x80").size, 1u); // above U+10FFFF
    EXPECT_EQ(utf8_step("\x80").size, 1u);
    EXPECT_EQ(utf8_step("\xff\xff").size, 1u);
}

TEST(Printable, FalseForControlsAndInvisibleCharacters)
{
    for (char32_t c = 0; c < 0x20; c++)
        EXPECT_FALSE(is_printable(c)) << static_cast<unsigned>(c);
    for (char32_t c = 0x7f; c < 0xa0; c++)
        EXPECT_FALSE(is_printable(c)) << static_cast<unsigned>(c);
    for (const char32_t c : {0xadu,    0x34fu,   0x600u,   0x61cu,   0x115fu,  0x1160u,  0x180eu,  0x200bu,  0x200eu,
                             0x200fu,  0x2028u,  0x2029u,  0x202au,  0x202eu,  0x2060u,  0x2066u,  0x2069u,  0x206fu,
                             0x2800u,  0x3164u,  0xfe00u,  0xfe0fu,  0xfeffu,  0xffa0u,  0xfff0u,  0xfff9u,  0xfffbu,
                             0x1bca0u, 0x1bca3u, 0x1d173u, 0x1d17au, 0xe0001u, 0xe0020u, 0xe007fu, 0xe0100u, 0xe0fffu})
        EXPECT_FALSE(is_printable(c)) << std::hex << static_cast<unsigned>(c);
    for (char32_t plane = 0; plane <= 0x10; plane++) {
        EXPECT_FALSE(is_printable(plane << 16 | 0xfffe));
        EXPECT_FALSE(is_printable(plane << 16 | 0xffff));
    }
    for (char32_t c = 0xfdd0; c <= 0xfdef; c++)
        EXPECT_FALSE(is_printable(c));
}

TEST(Printable, TrueForTheirNeighbours)
{
    for (const char32_t c :
         {0x20u,   0x7eu,    0xa0u,    0xacu,    0xaeu,    0xe4u,    0x34eu,   0x350u,   0x61bu,   0x61du,  0x115eu,
          0x1161u, 0x180au,  0x200au,  0x2010u,  0x2027u,  0x202fu,  0x205fu,  0x2070u,  0x20acu,  0x27ffu, 0x2801u,
          0x3163u, 0x3165u,  0xfdcfu,  0xfdf0u,  0xfe10u,  0xfefeu,  0xff00u,  0xff9fu,  0xffa1u,  0xffefu, 0xfffcu,
          0xfffdu, 0x10000u, 0x1bc9fu, 0x1d172u, 0x1d17bu, 0x1f600u, 0xdfffdu, 0xe1000u, 0x10fffdu})
        EXPECT_TRUE(is_printable(c)) << std::hex << static_cast<unsigned>(c);
}

TEST(Escaped, KeepsPrintableText)
{
    EXPECT_EQ(escaped(""), "");
    EXPECT_EQ(escaped("/bin/ls -l \"x\" 'y' $z"), "/bin/ls -l \"x\" 'y' $z");
    EXPECT_EQ(escaped("Gr\u00f6\u00dfe \u20ac \U0001f600"), "Gr\u00f6\u00dfe \u20ac \U0001f600");
}

TEST(Escaped, ControlsAsInC)
{
    EXPECT_EQ(escaped("\a\b\t\n\v\f\r"), "\\a\\b\\t\\n\\v\\f\\r");
    EXPECT_EQ(escaped("\x1b[2J"), "\\x1b[2J");
    EXPECT_EQ(escaped("a\0b"s), "a\\x00b");
    EXPECT_EQ(escaped("\x7f"), "\\x7f");
}

TEST(Escaped, UnprintableCharactersByteByByte)
{
    EXPECT_EQ(escaped("\u009b31m"), "\\xc2\\x9b31m");
    EXPECT_EQ(escaped("a\u202eb"), "a\\xe2\\x80\\xaeb");
    EXPECT_EQ(escaped("\u2028"), "\\xe2\\x80\\xa8");
}

TEST(Escaped, InvalidUtf8)
{
    EXPECT_EQ(escaped("\xff"), "\\xff");
    EXPECT_EQ(escaped("\xc3("), "\\xc3(");
    EXPECT_EQ(escaped("\xe2\x82"), "\\xe2\\x82");
    EXPECT_EQ(escaped("\xc3\xa4\xa4"), "\xc3\xa4\\xa4");
}

TEST(Escaped, DoublesBackslashes)
{
    EXPECT_EQ(escaped("\\"), "\\\\");
    EXPECT_EQ(escaped("\\n"), "\\\\n");
    EXPECT_EQ(escaped("\\\n"), "\\\\\\n");
}

TEST(Escaped, InvisibleAndBlankLetters)
{
    EXPECT_EQ(escaped("a\u3164b"), "a\\xe3\\x85\\xa4b");
    EXPECT_EQ(escaped("\u115f\u1160\uffa0"), "\\xe1\\x85\\x9f\\xe1\\x85\\xa0\\xef\\xbe\\xa0");
    EXPECT_EQ(escaped("\u2800"), "\\xe2\\xa0\\x80");
    EXPECT_EQ(escaped("\U0001d173"), "\\xf0\\x9d\\x85\\xb3");
    EXPECT_EQ(escaped("\uac00\u2801"), "\uac00\u2801");
}

TEST(Escaped, SpacesOnlyOnRequest)
{
    EXPECT_EQ(escaped("tmux: server", Spaces::escape), "tmux:\\x20server");
    EXPECT_EQ(escaped("tmux: server", Spaces::keep), "tmux: server");
    EXPECT_EQ(escaped("  ", Spaces::escape), "\\x20\\x20");
    EXPECT_EQ(escaped("a\u00a0b\u3000c", Spaces::escape), "a\\xc2\\xa0b\\xe3\\x80\\x80c");
    EXPECT_EQ(escaped("a\u00a0b\u3000c", Spaces::keep), "a\u00a0b\u3000c");
}

// No argument, file name or process name can forge a line or control the terminal.
TEST(Escaped, RandomBytesAreSafeAndCanBeReadBack)
{
    RandomBytes random{20260101};

    for (int i = 0; i < 4000; i++) {
        const std::string bytes = random.string(40);
        for (const Spaces spaces : {Spaces::keep, Spaces::escape}) {
            const std::string text = escaped(bytes, spaces);
            for (std::string_view left = text; !left.empty();) {
                const Utf8Step step = utf8_step(left);
                ASSERT_TRUE(step.valid && is_printable(step.code_point)) << testing::PrintToString(bytes);
                left.remove_prefix(step.size);
            }
            if (spaces == Spaces::escape) {
                ASSERT_EQ(text.find(' '), std::string::npos) << testing::PrintToString(bytes);
            }
            ASSERT_EQ(unescaped(text), bytes) << text;
        }
    }
}

TEST(Width, CountsCharacters)
{
    Buffer out;
    append(out, "ab\u20ac\U0001f600");
    EXPECT_EQ(width_from(out, 0), 4u);
    EXPECT_EQ(width_from(out, 2), 2u);
    EXPECT_EQ(width_from(out, out.size()), 0u);
}

} // namespace
