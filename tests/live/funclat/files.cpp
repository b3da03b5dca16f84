// SPDX-License-Identifier: BSD-2-Clause
// funclat -p: the file that a process has mapped, whatever became of its path, and files that change while they are
// read.
#include "funclat/funclat.hpp"
#include "mapped_file.hpp"
#include "unit/elf.hpp"

#include <csignal>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::Not;

INSTANTIATE_TEST_SUITE_P(, MappedFile, testing::ValuesIn(every_change), name_of_change);

TEST_P(MappedFile, IsTraced)
{
    Answering process = start();

    for (const std::string &binary : binaries()) {
        ToolRun tool{"funclat", {"-o", "json", "-p", process.pid(), binary + ":snoop_answer"}};
        for (int i = 0; i < 3; i++)
            process.call();
        EXPECT_EQ(tool.stop(), 0);
        ASSERT_EQ(tool.rows().size(), 1u) << binary << tool.err();
        EXPECT_EQ(number(tool.rows()[0]["count"]), 3u) << binary << tool.err();
        EXPECT_THAT(tool.err(), Not(HasSubstr("has not mapped")));
    }
}

class FileOfProcess : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    const TempDir dir;
};

// A path under which the process finds another file than the one that it runs.
TEST_F(FileOfProcess, ThatIsNotMapped)
{
    const std::string copy = dir.at("copy");
    std::filesystem::copy_file(Load::self(), copy);
    ToolRun tool{"funclat", {"-p", std::to_string(getpid()), copy + ":snoop_quick"}};

    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(),
                HasSubstr(fmt::format("process {} has not mapped '{}': nothing of it is seen", getpid(), copy)));
    ToolRun own{"funclat", {"-p", std::to_string(getpid()), fmt::format("/proc/{}/exe:snoop_quick", getpid())}};
    EXPECT_EQ(own.stop(), 0);
    EXPECT_THAT(own.err(), Not(HasSubstr("has not mapped")));
}

// Many long names in a small file take long to read. A signal ends that.
TEST_F(FileOfProcess, ReadingEndsOnASignal)
{
    TinyElf elf;
    elf.symbol = std::string(16000, 'x');
    elf.symbol_value = 0x401010;
    elf.symbols = 500'000;
    const std::string path = dir.file("names", elf.bytes());

    for (const int signal : {SIGTERM, SIGINT}) {
        ToolRun tool{"funclat", {path + ":*x*y*"}, {.wait = false}};
        const std::string opened = fmt::format("/proc/{}/fd", tool.pid());
        ASSERT_TRUE(eventually([&] {
            std::error_code gone;
            for (const auto &fd : std::filesystem::directory_iterator{opened, gone})
                if (std::filesystem::read_symlink(fd.path(), gone) == path)
                    return true;
            return false;
        }));
        EXPECT_EQ(tool.stop(signal), 0);
        EXPECT_EQ(tool.err(), fmt::format("funclat: ended by SIG{}\n", sigabbrev_np(signal)));
    }
}

TEST_F(FileOfProcess, ThatShrinksWhileItIsRead)
{
    TinyElf elf;
    elf.symbol = "name";
    elf.symbol_value = 0x401010;
    elf.symbols = 200'000;
    const std::string path = dir.file("shrinks", elf.bytes());
    const Shrinking shrinking{path};

    for (int i = 0; i < 20; i++) {
        const Outcome read = run_tool("funclat", {path + ":another"});
        EXPECT_EQ(read.code, 2) << read.err;
    }
}

} // namespace
} // namespace snoop::test
