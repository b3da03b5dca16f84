// SPDX-License-Identifier: BSD-2-Clause
// Checks what files tell about an open or an exec that failed.
#include "snoop-why/files.hpp"
#include "unit/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace snoop::snoop_why {
namespace {

using testing::ElementsAre;

TEST(WhyFiles, FindsTheInterpreterOfAScript)
{
    const TempDir dir;
    write_file(dir / "good", "#! /bin/sh -e\n");
    write_file(dir / "bad", "#!/no/such -x\n");
    write_file(dir / "windows", "#!/bin/sh\r\n");
    write_file(dir / "text", "no script\n");
    EXPECT_FALSE(missing_interpreter(dir / "good"));
    EXPECT_FALSE(missing_interpreter(dir / "text"));
    EXPECT_FALSE(missing_interpreter(dir / "gone"));
    ASSERT_TRUE(missing_interpreter(dir / "bad"));
    EXPECT_EQ(missing_interpreter(dir / "bad")->path, "/no/such");
    EXPECT_FALSE(missing_interpreter(dir / "bad")->is_loader);
    ASSERT_TRUE(missing_interpreter(dir / "windows"));
    EXPECT_EQ(missing_interpreter(dir / "windows")->path, "/bin/sh\r");
}

TEST(WhyFiles, FollowsInterpreters)
{
    const TempDir dir;
    write_file(dir / "inner", "#!/no/such\n");
    write_file(dir / "outer", "#!" + (dir / "inner") + "\n");
    write_file(dir / "loop", "#!" + (dir / "loop") + "\n");
    ASSERT_TRUE(missing_interpreter(dir / "outer"));
    EXPECT_EQ(missing_interpreter(dir / "outer")->path, "/no/such");
    EXPECT_FALSE(missing_interpreter(dir / "loop"));
    EXPECT_EQ(interpreter_of(dir / "outer"), dir / "inner");
    EXPECT_EQ(interpreter_of(dir / "gone"), "");
}

TEST(WhyFiles, FindsTheLoaderOfAProgram)
{
    const TempDir dir;
    std::string program = read_file("/bin/true");
    EXPECT_FALSE(missing_interpreter("/bin/true"));
    const auto loader = program.find("/ld-"); // PT_INTERP comes first
    ASSERT_NE(loader, program.npos);
    program.replace(loader, 4, "/no-");
    write_file(dir / "program", program);
    ASSERT_TRUE(missing_interpreter(dir / "program"));
    EXPECT_THAT(missing_interpreter(dir / "program")->path, testing::HasSubstr("/no-"));
    EXPECT_TRUE(missing_interpreter(dir / "program")->is_loader);
}

TEST(WhyFiles, KnowsOtherMachines)
{
    const TempDir dir;
    std::string program = read_file("/bin/true");
    EXPECT_EQ(foreign_machine("/bin/true"), "");
    EXPECT_EQ(foreign_machine(dir / "gone"), "");
    program.replace(18, 2, std::string{"\xf3\0", 2});
    write_file(dir / "program", program);
    EXPECT_EQ(foreign_machine(dir / "program"), "RISC-V");
}

TEST(WhyFiles, FindsWhatDenies)
{
    const TempDir dir;
    std::filesystem::create_directory(dir / "closed");
    write_file(dir / "closed/file", "x");
    chmod(dir.path().c_str(), 0755);
    chmod((dir / "closed/file").c_str(), 0604);
    chmod((dir / "closed").c_str(), 0755);
    EXPECT_EQ(who_denies(dir / "closed/file", "nobody", 4), std::nullopt);
    const auto its_mode = who_denies(dir / "closed/file", "nobody", 2);
    ASSERT_TRUE(its_mode);
    EXPECT_THAT(*its_mode, testing::StartsWith("its mode 0604, owner "));
    chmod((dir / "closed").c_str(), 0700);
    const auto directory = who_denies(dir / "closed/file", "nobody", 4);
    ASSERT_TRUE(directory);
    EXPECT_THAT(*directory, testing::StartsWith("the directory " + (dir / "closed") + " (mode 0700, owner "));
    EXPECT_EQ(who_denies(dir / "closed/file", "root", 4), std::nullopt);
    EXPECT_TRUE(who_denies(dir / "closed/file", "root", 1));
    EXPECT_EQ(who_denies(dir / "closed/file", "no such user", 4), std::nullopt);
}

TEST(WhyFiles, LooksAtTheWay)
{
    const TempDir dir;
    write_file(dir / "file", "x");
    std::filesystem::create_symlink("/no/such", dir / "link");
    EXPECT_EQ(why_missing(dir / "a/b/c"), "the directory " + (dir / "a") + " does not exist");
    EXPECT_EQ(why_missing(dir / "a"), "");
    EXPECT_EQ(why_missing(dir / "link/x"), (dir / "link") + " is a link to /no/such, which does not exist");
    EXPECT_THAT(why_missing(dir / "file"), testing::HasSubstr(" exists now: "));
    EXPECT_EQ(file_on_the_way(dir / "file/x"), dir / "file");
    EXPECT_EQ(file_on_the_way(dir / "x/y"), std::nullopt);
    EXPECT_EQ(lack_of_room(dir / "x"), "");
}

TEST(WhyFiles, FindsNearNames)
{
    const TempDir dir;
    std::filesystem::create_directory(dir / "a");
    write_file(dir / "a/app.conf", "x");
    write_file(dir / "other", "x");
    EXPECT_THAT(near_files({dir.path(), dir / "a", dir / "gone"}, "app.cnf"), ElementsAre(dir / "a/app.conf"));
    EXPECT_EQ(near_phrase({"a"}), "there is a");
    EXPECT_EQ(near_phrase({"a", "b"}), "there are a, b");
    EXPECT_EQ(near_phrase({}), "");
    EXPECT_THAT(directories_of_path("/a::/b"), ElementsAre("/a", ".", "/b"));
}

} // namespace
} // namespace snoop::snoop_why
