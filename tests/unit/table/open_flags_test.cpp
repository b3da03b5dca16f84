// SPDX-License-Identifier: BSD-2-Clause
// Flags of open(2), printed and parsed.
#include "base/error.hpp"
#include "table/open_flags.hpp"
#include <snoop/open.h>

#include <gtest/gtest.h>

#include <fcntl.h>

namespace {

using namespace snoop;

template <class T> std::string text(T value)
{
    Buffer out;
    put_text(out, value, Spaces::keep);
    return fmt::to_string(out);
}

template <class T> std::string json(T value)
{
    Buffer out;
    JsonWriter writer{out};
    put_json(writer, value);
    return fmt::to_string(out);
}

OpenFlags flags(int bits) { return {static_cast<std::uint32_t>(bits)}; }

AnyOpenFlag any_of(std::string_view list)
{
    AnyOpenFlag wanted;
    wanted.add("--flags", list);
    return wanted;
}

TEST(OpenFlags, ByName)
{
    EXPECT_EQ(text(flags(O_RDONLY)), "O_RDONLY");
    EXPECT_EQ(text(flags(O_WRONLY | O_CREAT | O_TRUNC)), "O_WRONLY|O_CREAT|O_TRUNC");
    EXPECT_EQ(text(flags(O_RDWR | O_APPEND | O_CLOEXEC)), "O_RDWR|O_APPEND|O_CLOEXEC");
    EXPECT_EQ(text(flags(O_PATH | O_NOFOLLOW)), "O_RDONLY|O_NOFOLLOW|O_PATH");
    EXPECT_EQ(text(flags(O_ACCMODE)), "O_ACCMODE");
    EXPECT_EQ(json(flags(O_RDWR | O_EXCL)), R"(["O_RDWR","O_EXCL"])");
}

// Two flags contain the bits of another flag.
TEST(OpenFlags, FlagsWithinFlags)
{
    EXPECT_EQ(text(flags(O_SYNC)), "O_RDONLY|O_SYNC");
    EXPECT_EQ(text(flags(O_DSYNC)), "O_RDONLY|O_DSYNC");
    EXPECT_EQ(text(flags(O_RDWR | O_TMPFILE)), "O_RDWR|O_TMPFILE");
    EXPECT_EQ(text(flags(O_DIRECTORY)), "O_RDONLY|O_DIRECTORY");
}

// Bits that only make a flag together with another one have the names that strace gives them, too.
TEST(OpenFlags, LoneBits)
{
    EXPECT_EQ(text(flags(O_SYNC & ~O_DSYNC)), "O_RDONLY|__O_SYNC");
    EXPECT_EQ(text(flags(O_WRONLY | (O_TMPFILE & ~O_DIRECTORY))), "O_WRONLY|__O_TMPFILE");
}

TEST(OpenFlags, BitsWithoutAName)
{
    EXPECT_EQ(text(OpenFlags{0x40000000}), "O_RDONLY|0x40000000");
    EXPECT_EQ(json(OpenFlags{0x40000001}), R"(["O_WRONLY","0x40000000"])");
}

TEST(OpenMode, InOctal)
{
    EXPECT_EQ(text(OpenMode{0644}), "0644");
    EXPECT_EQ(text(OpenMode{04755}), "4755");
    EXPECT_EQ(text(OpenMode{0}), "0000");
    EXPECT_EQ(json(OpenMode{0600}), "\"0600\"");
    EXPECT_TRUE(takes_mode(flags(O_WRONLY | O_CREAT)) && takes_mode(flags(O_TMPFILE)));
    EXPECT_FALSE(takes_mode(flags(O_WRONLY)) || takes_mode(flags(O_DIRECTORY)));
}

TEST(AnyOpenFlag, Matches)
{
    EXPECT_TRUE(AnyOpenFlag{}.matches(flags(O_RDONLY)));
    EXPECT_TRUE(any_of("O_CREAT").matches(flags(O_WRONLY | O_CREAT)));
    EXPECT_FALSE(any_of("O_CREAT").matches(flags(O_WRONLY)));
    EXPECT_TRUE(any_of("O_WRONLY,O_CREAT").matches(flags(O_WRONLY)));
    EXPECT_TRUE(any_of("O_WRONLY,O_CREAT").matches(flags(O_RDWR | O_CREAT)));
    EXPECT_FALSE(any_of("O_WRONLY,O_CREAT").matches(flags(O_RDWR)));
    EXPECT_TRUE(any_of("O_RDONLY").matches(flags(O_RDONLY | O_CLOEXEC)));
    EXPECT_FALSE(any_of("O_RDONLY").matches(flags(O_RDWR)));
    // A flag does not match the flag that contains it.
    EXPECT_FALSE(any_of("O_TMPFILE").matches(flags(O_DIRECTORY)));
    EXPECT_TRUE(any_of("O_TMPFILE").matches(flags(O_TMPFILE | O_RDWR)));
    EXPECT_FALSE(any_of("O_SYNC").matches(flags(O_DSYNC)));
}

TEST(AnyOpenFlag, UnknownNames)
{
    for (const char *list : {"O_CREATE", "", "O_CREAT,", ",O_CREAT", "o_creat", "O_ACCMODE"}) {
        try {
            any_of(list);
            ADD_FAILURE() << list;
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            EXPECT_NE(std::string_view{error.what()}.find("give flags of open(2): O_RDONLY, O_WRONLY, "),
                      std::string_view::npos)
                << error.what();
        }
    }
}

TEST(OpenVia, Names)
{
    EXPECT_EQ(open_via_name(OPEN_VIA_OPEN), "open");
    EXPECT_EQ(open_via_name(OPEN_VIA_HANDLE), "open_by_handle_at");
    EXPECT_EQ(open_via_name(OPEN_VIA_KERNEL), "kernel");
    EXPECT_EQ(open_via_name(200), "kernel"); // of a damaged recording
}

} // namespace
