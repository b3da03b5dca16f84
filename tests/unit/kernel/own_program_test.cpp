// SPDX-License-Identifier: BSD-2-Clause
// The name of this program in a command line that a message advises, and the tools beside it.
#include "kernel/own_program.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace snoop {
namespace {

// sudo knows no directory of a build: not where this test is, and "ls" is another program there.
TEST(OwnProgram, IsNamedByItsPathWhereSudoFindsNoneOrAnother)
{
    const std::string path = std::filesystem::read_symlink("/proc/self/exe");

    EXPECT_EQ(kernel::own_path("tool"), path);
    EXPECT_EQ(kernel::command_for_sudo("no-such-tool"), path);
    EXPECT_EQ(kernel::command_for_sudo("ls"), path);
}

TEST(OwnProgram, FindsToolsBesideItAndInPath)
{
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");

    EXPECT_EQ(kernel::find_tool(own.filename().native()), own);
    EXPECT_EQ(kernel::find_tool("no-such-tool"), "");
    EXPECT_TRUE(kernel::find_tool("sh").ends_with("/sh"));
    EXPECT_EQ(kernel::find_tool("sh", false), "");
}

// As the static program is.
TEST(OwnProgram, CanBeTheToolItself)
{
    const auto none = std::exchange(kernel::is_own_name, [](std::string_view name) { return name == "no-such-tool"; });

    EXPECT_EQ(kernel::find_tool("no-such-tool"), std::filesystem::read_symlink("/proc/self/exe"));
    EXPECT_EQ(kernel::find_tool("another"), "");
    kernel::is_own_name = none;
}

} // namespace
} // namespace snoop
