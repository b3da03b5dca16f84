// SPDX-License-Identifier: BSD-2-Clause
// funclat -p: the file that a process has mapped, whatever became of its path, and files that change while they are
// read.
#include "funclat/funclat.hpp"
#include "unit/elf.hpp"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// A copy of this program that calls snoop_quick when it is asked to.
class Answering {
public:
    Answering(const std::string &path, const Args &args, const std::function<void()> &before)
    {
        auto [to_out, to_in] = make_pipe();
        auto [from_out, from_in] = make_pipe();
        Args argv{path, "answer"};
        argv.insert(argv.end(), args.begin(), args.end());
        process_.emplace([&, &to_out = to_out, &from_in = from_in] {
            before();
            dup2(to_out.get(), STDIN_FILENO);
            dup2(from_in.get(), STDOUT_FILENO);
            Exec copy = worker.exec(argv);
            copy.path = path;
            copy.argv = argv;
            exec_now(copy);
        });
        to_ = std::move(to_in);
        from_ = std::move(from_out);
    }

    void call()
    {
        char byte = 'x';
        ASSERT_EQ(write(to_.get(), &byte, 1), 1);
        ASSERT_EQ(read(from_.get(), &byte, 1), 1);
    }
    [[nodiscard]] std::string pid() const { return std::to_string(process_->pid()); }

private:
    Fd to_, from_;
    std::optional<Process> process_;
};

struct Change {
    std::string name;
    std::string now; // the file's name in maps afterwards
};

void PrintTo(const Change &change, std::ostream *out) { *out << change.name; }

class MappedFile : public testing::TestWithParam<Change> {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(uprobe);
        std::filesystem::copy_file(Load::self(), path);
    }

    // The process, after what the parameter says has happened to its program.
    Answering start()
    {
        const std::string &change = GetParam().name;
        Args args;
        std::function<void()> before = [] {};

        if (change == "covered")
            args = {"covered", above};
        else if (change == "chroot")
            args = {"chroot", dir.folder("jail")};
        if (change == "covered")
            before = [] { private_mounts(); };
        else if (change == "namespace")
            before = [this] {
                const std::string kept = dir.at("kept");
                std::filesystem::rename(path, kept);
                private_mounts();
                cover(above, "size=200m,mode=755");
                std::filesystem::copy_file(kept, path);
            };
        Answering process{path, args, before};
        process.call(); // the above has happened
        if (change == "renamed")
            std::filesystem::rename(path, above + "/moved");
        else if (change == "deleted")
            std::filesystem::remove(path);
        else if (change == "replaced")
            std::filesystem::rename(dir.program("other"), path);
        return process;
    }

    const TempDir dir;
    const std::string above = dir.folder("above"), path = above + "/traced";
};

INSTANTIATE_TEST_SUITE_P(, MappedFile,
                         testing::Values(Change{"renamed", "moved"}, Change{"deleted", "traced"},
                                         Change{"replaced", "traced"}, Change{"covered", "traced"},
                                         Change{"chroot", "traced"}, Change{"namespace", "traced"}),
                         [](const auto &change) { return change.param.name; });

TEST_P(MappedFile, IsTraced)
{
    Answering process = start();

    for (const std::string &binary : {GetParam().now, std::string{"[mt]*e[d]"}, above + "/" + GetParam().now}) {
        ToolRun tool{"funclat", {"-o", "json", "-p", process.pid(), binary + ":snoop_quick"}};
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
        EXPECT_EQ(tool.stop(signal), 128 + signal) << tool.err();
    }
}

TEST_F(FileOfProcess, ThatShrinksWhileItIsRead)
{
    TinyElf elf;
    elf.symbol = "name";
    elf.symbol_value = 0x401010;
    elf.symbols = 200'000;
    const std::string whole = elf.bytes(), path = dir.file("shrinks", whole);
    std::atomic<bool> ended = false;
    std::thread writer{[&] {
        while (!ended) {
            std::filesystem::resize_file(path, 4096);
            const Fd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
            for (std::size_t at = 0; at < whole.size();)
                at +=
                    static_cast<std::size_t>(pwrite(file.get(), &whole[at], whole.size() - at, static_cast<off_t>(at)));
        }
    }};
    for (int i = 0; i < 20; i++) {
        const Outcome read = run_tool("funclat", {path + ":another"});
        EXPECT_EQ(read.code, 2) << read.err;
    }
    ended = true;
    writer.join();
}

} // namespace
} // namespace snoop::test
