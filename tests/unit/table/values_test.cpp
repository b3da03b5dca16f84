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

// As /proc/PID/fd shows them (fs/d_path.c and the d_dname() of each file system).
TEST(PathValue, NamelessFiles)
{
    const auto named = [](std::uint32_t magic, const std::string &name) {
        snoop_file file{.ino = 77, .magic = magic, .place = SNOOP_PLACE_NAMELESS};
        return to_string(ResolvedPath{{name, false, &file}, {}});
    };

    EXPECT_EQ(named(0x50495045, "\0"s), "pipe:[77]");
    EXPECT_EQ(named(0x534f434b, "\0"s), "socket:[77]");
    EXPECT_EQ(named(0x6e736673, "net\0"s), "net:[77]");
    EXPECT_EQ(named(0x09041934, "[eventfd]\0"s), "anon_inode:[eventfd]");
    EXPECT_EQ(named(0x50494446, "77\0"s), "anon_inode:[pidfd]");
    EXPECT_EQ(named(0x444d4142, "dmabuf\0"s), "/dmabuf:");
    EXPECT_EQ(named(0x01021994, "memfd:a b\0"s), "/memfd:a b (deleted)");
    EXPECT_EQ(named(0, ""), "/ (deleted)");
}

TEST(PathValue, PlacesAreMarked)
{
    const std::string etc = "passwd\0etc\0"s;
    const auto shown = [](const snoop_file &file, std::string_view bytes, bool cut = false,
                          std::string_view rest = {}) {
        return to_string(ResolvedPath{{bytes, cut, &file}, rest});
    };

    EXPECT_EQ(shown({}, etc), "/etc/passwd");
    EXPECT_EQ(shown({.deleted = 1}, etc), "/etc/passwd (deleted)");
    EXPECT_EQ(shown({.deleted = 1}, etc, false, "x"), "/etc/passwd (deleted)/x");
    EXPECT_EQ(shown({.place = SNOOP_PLACE_UNREACHABLE}, etc), "(unreachable)/etc/passwd");
    EXPECT_EQ(shown({.place = SNOOP_PLACE_UNREACHABLE}, ""), "(unreachable)/");
    EXPECT_EQ(shown({.place = SNOOP_PLACE_UNREACHABLE}, etc, true), "(unreachable).../etc/passwd");
    EXPECT_EQ(shown({.mnt_ns = 42, .place = SNOOP_PLACE_ELSEWHERE}, etc), "mnt:[42]/etc/passwd");
    EXPECT_EQ(shown({.mnt_ns = 42, .place = SNOOP_PLACE_ELSEWHERE}, "", false, "x"), "mnt:[42]/x");
}

TEST(DeviceNumberValue, MajorAndMinor)
{
    EXPECT_EQ(to_string(DeviceNumber{8u << 20 | 1}), "8:1");
    EXPECT_EQ(json(DeviceNumber{259u << 20 | 300}), "\"259:300\"");
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
