// SPDX-License-Identifier: BSD-2-Clause
// A signal ends the tool, whatever it waits for, and the accounting summary says what could not be written.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::SizeIs;

namespace {

constexpr int some_events = 60; // whose records fill a pipe of one page

// Fills a pipe with single bytes, so that not even one more fits.
void fill(const Fd &pipe)
{
    ASSERT_EQ(fcntl(pipe.get(), F_SETFL, O_NONBLOCK), 0);
    while (write(pipe.get(), "x", 1) == 1) {}
    ASSERT_EQ(errno, EAGAIN);
    ASSERT_EQ(fcntl(pipe.get(), F_SETFL, 0), 0);
}

// Waits until the process has its own handler for the signal.
bool handles(pid_t pid, int signal)
{
    return eventually([&] {
        std::ifstream status{fmt::format("/proc/{}/status", pid)};
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("SigCgt:"))
                return (std::stoull(line.substr(8), nullptr, 16) >> (signal - 1) & 1) != 0;
        return false;
    });
}

} // namespace

// As a shell without job control starts commands in the background.
TEST_P(Contract, EndsBySigintThatWasIgnored)
{
    ToolRun tool{name(), {}, {.in_child = [] { signal(SIGINT, SIG_IGN); }}};

    EXPECT_EQ(tool.stop(SIGINT), 0);
    expect_stderr(name(), tool.err());
}

TEST_P(Contract, RunsOnASmallStack)
{
    const rlimit limit{64 * 1024, 64 * 1024};
    ToolRun tool{name(), {}, {.in_child = [&] { setrlimit(RLIMIT_STACK, &limit); }}};

    EXPECT_EQ(tool.stop(), 0);
    expect_stderr(name(), tool.err());
}

TEST_P(Contract, EndsWhileStdoutIsFull)
{
    auto [reads, writes] = make_pipe();
    fill(writes);
    ToolRun tool{name(), {"-o", "json", "-P", std::to_string(getpid())}, {.out_fd = writes.get()}};

    for (int i = 0; i < 3; i++)
        happen(marker());
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["unwritten"], 3u) << tool.err();
    EXPECT_EQ(accounting["printed"], 0u);
}

TEST_P(Contract, EndsWhileNobodyOpensTheRecordingsFifo)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ToolRun tool{name(), {"--record", fifo}, {.wait = false}};

    ASSERT_TRUE(handles(tool.pid(), SIGTERM));
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    EXPECT_EQ(tool.err(), name() + ": ended by SIGTERM\n");
}

TEST_P(Contract, EndsWhileNobodyReadsTheRecordingsFifo)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const Fd reader{open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    ASSERT_GT(fcntl(reader.get(), F_SETPIPE_SZ, 4096), 0);
    ToolRun tool{name(), {"--record", fifo, "-P", std::to_string(getpid())}};

    for (int i = 0; i < some_events; i++)
        happen(marker());
    EXPECT_EQ(tool.stop(SIGTERM), 1);
    EXPECT_THAT(tool.err(), HasSubstr(fmt::format("--record: cannot write '{}': nobody reads it", fifo)));
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], static_cast<std::uint64_t>(some_events));
    EXPECT_GT(accounting["unrecorded"], 0u);
}

TEST_P(Contract, EndsWhileAReplayWaits)
{
    const std::string mark = marker(), file = dir.at("recording"), fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ToolRun live{name(), {"--record", file}};
    happen(mark);
    EXPECT_EQ(live.stop(), 0);

    for (const bool has_some : {false, true}) {
        const Fd writes{open(fifo.c_str(), O_RDWR | O_CLOEXEC)};
        const auto read_fifo = [&] { dup2(open(fifo.c_str(), O_RDONLY), STDIN_FILENO); };
        ToolRun tool{name(), {"--replay", "-"}, {.in_child = read_fifo, .wait = false}};
        ASSERT_TRUE(handles(tool.pid(), SIGTERM));
        if (has_some) { // all but the closing record
            const std::string bytes = read_file(file);
            ASSERT_EQ(write(writes.get(), bytes.data(), bytes.size() - 8), static_cast<ssize_t>(bytes.size() - 8));
            tool.line_with(mark); // printed before the end of the file
        }
        EXPECT_EQ(tool.stop(SIGTERM), 0);
        EXPECT_THAT(tool.err(), HasSubstr(has_some ? "seen " : "ended by SIGTERM")) << tool.err();
    }
}

TEST_P(Contract, RecordingReachesTheFileSizeLimit)
{
    const std::string mark = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"--record", file, "-P", std::to_string(getpid())}};
    const rlimit limit{4096, 4096};
    ASSERT_EQ(prlimit(tool.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);

    for (int i = 0; i < some_events; i++)
        happen(mark);
    EXPECT_EQ(tool.wait(), 1);
    EXPECT_THAT(tool.err(), HasSubstr("File too large (EFBIG)"));
    EXPECT_GT(expect_balance(tool.err())["unrecorded"], 0u);
    EXPECT_THAT(run_tool(name(), {"--replay", file}).err_lines().back(), HasSubstr("without its closing record"));
}

namespace {

// A command that does what the script says, with a FIFO as "$1" and a program that waits as "$2".
class Script {
public:
    Script(const TempDir &dir, std::vector<std::string> options, const std::string &script)
        : fifo_(dir.at("fifo")), words_(std::move(options))
    {
        EXPECT_EQ(mkfifo(fifo_.c_str(), 0600), 0);
        for (const std::string &word : {std::string{"--"}, std::string{"sh"}, std::string{"-c"}, script,
                                        std::string{"sh"}, fifo_, dir.waiting_program("waits")})
            words_.push_back(word);
    }
    [[nodiscard]] const std::vector<std::string> &words() const { return words_; }
    // For `echo $$ >"$1"`.
    [[nodiscard]] pid_t pid() const { return static_cast<pid_t>(std::stol(read_file(fifo_))); }
    // For `read x <"$1"`.
    void go() const { write_file(fifo_, "go\n"); }

private:
    std::string fifo_;
    std::vector<std::string> words_;
};

constexpr const char *ignores_signals = "trap '' TERM INT HUP; echo $$ >\"$1\"; exec \"$2\"";
constexpr const char *exits_with_4 = "read x <\"$1\"; exit 4";

} // namespace

TEST_P(Contract, CommandThatIgnoresTheSignalIsLeft)
{
    const Script script{dir, {}, ignores_signals};
    ToolRun tool{name(), script.words()};
    const pid_t child = script.pid();

    EXPECT_EQ(tool.stop(SIGTERM), 128 + SIGTERM);
    expect_stderr(name(), tool.err(), "until sh exits",
                  {fmt::format("{}: sh (pid {}) has not ended on SIGTERM and continues untraced", name(), child)});
    EXPECT_EQ(kill(child, SIGKILL), 0);
}

TEST_P(Contract, SecondSignalKillsTheCommand)
{
    const Script script{dir, {"-d", "0.1"}, ignores_signals};
    ToolRun tool{name(), script.words()};
    const pid_t child = script.pid();

    tool.wait_err("continues untraced");
    // The second one counts when it comes 0.1 s after the first.
    EXPECT_TRUE(eventually([&] {
        tool.send(SIGTERM);
        return kill(child, 0) != 0 || tool.err().find("second signal") != std::string::npos;
    }));
    EXPECT_EQ(tool.wait(), 128 + SIGKILL) << tool.err();
    EXPECT_TRUE(eventually([&] { return kill(child, 0) != 0; }));
}

TEST_P(Contract, CommandOutlivesTheDuration)
{
    const Script script{dir, {"-d", "0.1"}, exits_with_4};
    ToolRun tool{name(), script.words()};

    tool.wait_err("continues untraced");
    tool.wait_err("seen ");
    script.go();
    EXPECT_EQ(tool.wait(), 4);
    ASSERT_THAT(tool.err_lines(), SizeIs(3)) << tool.err();
    EXPECT_THAT(tool.err_lines()[1], HasSubstr("continues untraced; Ctrl-C ends it"));
}

TEST_P(Contract, CommandOutlivesStdout)
{
    const Script script{dir, {"-p", "1"}, exits_with_4};
    ToolRun tool{name(), script.words()};

    tool.close_out();
    tool.wait_err("continues untraced");
    script.go();
    EXPECT_EQ(tool.wait(), 4);
}

} // namespace snoop::test
