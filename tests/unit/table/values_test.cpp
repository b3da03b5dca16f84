// SPDX-License-Identifier: BSD-2-Clause
// Strings and paths from records, including ones that lack a NUL.
#include "table/values.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace snoop;
using namespace std::string_literals;

std::string json(auto value)
{
    Buffer out;
    JsonWriter writer{out};
    put_json(writer, value);
    return {out.data(), out.size()};
}

TEST(TextOf, EndsAtTheNulIfAny)
{
    const char comm[8] = {'l', 's', 0, 'x'};
    const char full[4] = {'a', 'b', 'c', 'd'};
    EXPECT_EQ(text_of(comm), "ls");
    EXPECT_EQ(text_of(full), "abcd");
}

TEST(TakeString, OneAtATime)
{
    const std::string all = "ls\0\0-l\0x"s;
    std::string_view bytes = all;
    EXPECT_EQ(take_string(bytes), "ls");
    EXPECT_EQ(take_string(bytes), "");
    EXPECT_EQ(take_string(bytes), "-l");
    EXPECT_EQ(take_string(bytes), "x");
    EXPECT_TRUE(bytes.empty());
    EXPECT_EQ(take_string(bytes), "");
}

TEST(StringsValue, JsonArray)
{
    EXPECT_EQ(json(Strings{""}), "[]");
    EXPECT_EQ(json(Strings{"\0"s}), "[\"\"]");
    const std::string three = "a\0\0b\n"s;
    EXPECT_EQ(json(Strings{three}), "[\"a\",\"\",\"b\\n\"]");
}

TEST(PathValue, ReversesComponents)
{
    const std::string path = "passwd\0etc\0"s;
    EXPECT_EQ(json(PathComponents{path, false}), "\"/etc/passwd\"");
    EXPECT_EQ(json(PathComponents{path, true}), "\".../etc/passwd\"");
    EXPECT_EQ(json(PathComponents{"", false}), "\"/\"");
    EXPECT_EQ(json(PathComponents{"", true}), "\"...\"");
}

TEST(PathValue, DamagedPathsStayInBounds)
{
    const std::string nuls = "\0\0\0"s, none = "abc";
    EXPECT_EQ(json(PathComponents{nuls, false}), "\"///\"");
    EXPECT_EQ(json(PathComponents{none, false}), "\"/ab\"");
}

TEST(PathValue, ResolvedPath)
{
    const std::string etc = "etc\0"s;
    const auto both = [](PathComponents base, std::string_view rest) {
        const ResolvedPath path{base, rest};
        Buffer text;
        put_text(text, path, Spaces::keep);
        EXPECT_EQ(fmt::to_string(text), to_string(path));
        EXPECT_EQ(json(path), "\"" + to_string(path) + "\"");
        return to_string(path);
    };

    EXPECT_EQ(both({etc, false}, "passwd"), "/etc/passwd");
    EXPECT_EQ(both({etc, true}, "passwd"), ".../etc/passwd");
    EXPECT_EQ(both({"", false}, "passwd"), "/passwd");
    EXPECT_EQ(both({"", false}, "/passwd"), "/passwd");
    EXPECT_EQ(both({etc, false}, "/passwd"), "/etc/passwd"); // in a chroot
    EXPECT_EQ(both({etc, false}, "../x"), "/etc/../x");
    EXPECT_EQ(both({etc, false}, ""), "/etc");
    EXPECT_EQ(both({"", false}, ""), "/");
}

} // namespace
