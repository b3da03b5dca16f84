// SPDX-License-Identifier: BSD-2-Clause
// is_printable() and is_space() against the Unicode Character Database, as Debian's package
// unicode-data installs it. https://www.unicode.org/reports/tr44/ describes the files.
#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;

const std::string folder = "/usr/share/unicode/";
constexpr char32_t blank_braille = 0x2800; // a symbol (So) without a dot in it

char32_t number(const std::string &hex) { return static_cast<char32_t>(std::stoul(hex, nullptr, 16)); }

struct Range {
    char32_t first, last;
    std::string category; // "Lu", "Cf"…
};

// All assigned code points, from "0041;LATIN CAPITAL LETTER A;Lu;…". A large range has one
// line for its first code point and one for its last.
std::vector<Range> assigned()
{
    std::ifstream file{folder + "UnicodeData.txt"};
    std::vector<Range> all;

    for (std::string line; std::getline(file, line);) {
        std::istringstream fields{line};
        std::string code_point, name, category;
        std::getline(std::getline(std::getline(fields, code_point, ';'), name, ';'), category, ';');
        if (name.ends_with(", Last>"))
            all.back().last = number(code_point);
        else
            all.push_back({number(code_point), number(code_point), category});
    }
    return all;
}

// The code points with a property, from "2066..2069    ; Bidi_Control # …".
std::set<char32_t> with_property(const char *file_name, const std::string &property)
{
    std::ifstream file{folder + file_name};
    std::set<char32_t> all;

    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.find('#'), line.size()));
        std::ranges::replace(line, ';', ' ');
        std::istringstream words{line};
        std::string range, name;
        if (!(words >> range >> name) || name != property)
            continue;
        const auto dots = range.find("..");
        for (char32_t c = number(range); c <= number(dots == range.npos ? range : range.substr(dots + 2)); c++)
            all.insert(c);
    }
    return all;
}

void expect(bool is_as_expected, char32_t c)
{
    if (!is_as_expected) // EXPECT_TRUE on each of 290,000 characters takes seconds
        ADD_FAILURE() << fmt::format("U+{:04X}", static_cast<unsigned>(c));
}

class Unicode : public testing::Test {
protected:
    void SetUp() override
    {
        if (std::ifstream{folder + "UnicodeData.txt"})
            return;
        if (std::getenv("CI"))
            FAIL() << "the package unicode-data is not installed";
        GTEST_SKIP() << "the package unicode-data is not installed";
    }
};

TEST_F(Unicode, ControlsFormatsAndSeparatorsAreNotPrintable)
{
    std::map<std::string, std::size_t> count;

    for (const auto &[first, last, category] : assigned())
        if (category == "Cc" || category == "Cf" || category == "Zl" || category == "Zp")
            for (char32_t c = first; c <= last; c++, count[category]++)
                expect(!is_printable(c), c);
    EXPECT_EQ(count["Cc"], 65u);
    EXPECT_GE(count["Cf"], 160u);
    EXPECT_EQ(count["Zl"], 1u);
    EXPECT_EQ(count["Zp"], 1u);
}

TEST_F(Unicode, IgnorablesNoncharactersAndBidiControlsAreNotPrintable)
{
    const auto ignorable = with_property("DerivedCoreProperties.txt", "Default_Ignorable_Code_Point");
    const auto noncharacters = with_property("PropList.txt", "Noncharacter_Code_Point");
    const auto bidi = with_property("PropList.txt", "Bidi_Control");

    EXPECT_GE(ignorable.size(), 4173u);
    EXPECT_EQ(noncharacters.size(), 66u);
    EXPECT_EQ(bidi.size(), 12u);
    for (const auto &set : {ignorable, noncharacters, bidi})
        for (const char32_t c : set)
            expect(!is_printable(c), c);
}

TEST_F(Unicode, LettersMarksNumbersPunctuationAndSymbolsArePrintable)
{
    const auto ignorable = with_property("DerivedCoreProperties.txt", "Default_Ignorable_Code_Point");
    std::size_t count = 0;

    for (const auto &[first, last, category] : assigned()) {
        if (std::string_view{"LMNPS"}.find(category[0]) == std::string_view::npos && category != "Zs")
            continue;
        for (char32_t c = first; c <= last; c++, count++)
            expect(is_printable(c) == !(ignorable.contains(c) || c == blank_braille), c);
    }
    EXPECT_GE(count, 144000u);
}

TEST_F(Unicode, SpacesAreThoseOfCategoryZs)
{
    std::size_t count = 0;

    for (const auto &[first, last, category] : assigned())
        for (char32_t c = first; c <= last; c++) {
            expect(is_space(c) == (category == "Zs"), c);
            count += is_space(c);
        }
    EXPECT_EQ(count, 17u);
}

} // namespace
