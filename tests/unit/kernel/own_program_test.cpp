// SPDX-License-Identifier: BSD-2-Clause
// The name of this program in a command line that a message advises.
#include "fixtures.hpp"
#include "kernel/own_program.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace snoop {
namespace {

TEST(OwnProgram, FindsTheFirstExecutable)
{
    namespace fs = std::filesystem;
    const test::TempDir dir;
    const std::string one = dir.at("one"), two = dir.at("two"), three = dir.at("three");

    for (const auto &each : {one, two, three})
        fs::create_directory(each);
    fs::create_directory(one + "/tool"); // a directory, which must be skipped
    for (const auto &each : {two, three})
        std::ofstream{each + "/tool"} << "#!/bin/sh\n";
    fs::permissions(three + "/tool", fs::perms::owner_all);
    EXPECT_EQ(kernel::find_in_path(one + ":" + two + ":" + three, "tool"), three + "/tool");
    fs::permissions(two + "/tool", fs::perms::owner_all);
    EXPECT_EQ(kernel::find_in_path(one + ":" + two + ":" + three, "tool"), two + "/tool");
    EXPECT_EQ(kernel::find_in_path(one, "tool"), "");
    EXPECT_EQ(kernel::find_in_path("", "no such tool"), "");
}

// sudo knows no directory of a build: not where this test is, and "ls" is another program there.
TEST(OwnProgram, IsNamedByItsPathWhereSudoFindsNoneOrAnother)
{
    const std::string path = std::filesystem::read_symlink("/proc/self/exe");

    EXPECT_EQ(kernel::own_path("tool"), path);
    EXPECT_EQ(kernel::command_for_sudo("no-such-tool"), path);
    EXPECT_EQ(kernel::command_for_sudo("ls"), path);
}

} // namespace
} // namespace snoop
