// SPDX-License-Identifier: BSD-2-Clause
// Programs in the directories of $PATH.
#include "base/search_path.hpp"
#include "fixtures.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

namespace snoop {
namespace {

TEST(FindInPath, FindsTheFirstExecutable)
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
    EXPECT_EQ(find_in_path(one + ":" + two + ":" + three, "tool"), three + "/tool");
    fs::permissions(two + "/tool", fs::perms::owner_all);
    EXPECT_EQ(find_in_path(one + ":" + two + ":" + three, "tool"), two + "/tool");
    EXPECT_EQ(find_in_path(one, "tool"), "");
    EXPECT_EQ(errno, ENOENT);
    fs::permissions(two + "/tool", fs::perms::owner_read);
    EXPECT_EQ(find_in_path(two, "tool"), "");
    EXPECT_EQ(errno, EACCES);
    EXPECT_EQ(find_in_path("", "no such tool"), "");
    EXPECT_EQ(errno, ENOENT);
}

} // namespace
} // namespace snoop
