// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop -p: the file that a process has mapped, whatever became of its path, and files that change while they are
// read.
#include "mapped_file.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <filesystem>
#include <sys/stat.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(, MappedFile, testing::ValuesIn(every_change), name_of_change);

TEST_P(MappedFile, IsTraced)
{
    Answering process = start();

    for (const std::string &binary : binaries()) {
        ToolRun tool{"usdtsnoop", {"-o", "json", "-p", process.pid(), binary + ":snooptest:answer"}};
        for (int i = 0; i < 3; i++)
            process.call();
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(tool.rows(), SizeIs(3)) << binary << tool.err();
        EXPECT_THAT(tool.err(), Not(HasSubstr("has not mapped")));
    }
    const Outcome listed = run_tool("usdtsnoop", {"-p", process.pid(), "--list", GetParam().now});
    EXPECT_EQ(listed.code, 0) << listed.err;
    EXPECT_THAT(listed.out, testing::ContainsRegex("snooptest +answer "));
}

// A process that has locked itself into a directory, in which its own path is a FIFO: to open that would block.
TEST_F(Usdtsnoop, ProgramOutsideOfItsRoot)
{
    const std::string jail = dir.folder("jail"), program = dir.at("program");
    std::filesystem::copy_file(Load::self(), program);
    std::filesystem::create_directories(jail + dir.path());
    ASSERT_EQ(mkfifo((jail + program).c_str(), 0666), 0);
    ASSERT_EQ(symlink(program.c_str(), (jail + "/link").c_str()), 0);
    Answering process{program, {"chroot", jail}};
    process.call(); // it is there

    const Outcome link = run_tool("usdtsnoop", {"-p", process.pid(), "/link:snooptest:answer"});
    EXPECT_EQ(link.code, 2);
    EXPECT_THAT(link.err, HasSubstr("'/link' is not an ELF executable or library"));
    for (const std::string &binary : {program, std::string{"program"}}) {
        ToolRun tool{"usdtsnoop", {"-o", "json", "-p", process.pid(), binary + ":snooptest:answer"}};
        process.call();
        EXPECT_EQ(tool.stop(), 0);
        ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.err();
        EXPECT_EQ(tool.rows()[0]["binary"], program);
    }
}

// A path under which the process finds another file than the one that it runs.
TEST_F(Usdtsnoop, FileThatIsNotMapped)
{
    const std::string pid = std::to_string(getpid()), probe = ":snooptest:answer", copy = dir.at("copy");
    std::filesystem::copy_file(Load::self(), copy);
    ToolRun tool{"usdtsnoop", {"-p", pid, copy + probe}};
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr(fmt::format("process {} has not mapped '{}': nothing of it is seen", pid, copy)));

    ToolRun own{"usdtsnoop", {"-p", pid, fmt::format("/proc/{}/exe{}", pid, probe)}};
    EXPECT_EQ(own.stop(), 0);
    EXPECT_THAT(own.err(), Not(HasSubstr("has not mapped")));
}

TEST_F(Usdtsnoop, FileThatShrinksWhileItIsRead)
{
    const std::string shrinks = target(dir, "usdt_many");
    const Shrinking shrinking{shrinks};

    for (int i = 0; i < 20; i++) {
        const Outcome read = run_tool("usdtsnoop", {shrinks + ":snooptest:none"});
        EXPECT_EQ(read.code, 2) << read.err;
    }
}

} // namespace
} // namespace snoop::test
