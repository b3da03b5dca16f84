// SPDX-License-Identifier: BSD-2-Clause
// --record and --replay.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A replay prints the same bytes as the live run, in each format.
TEST_P(Contract, ReplayEqualsLiveOutput)
{
    for (const std::vector<std::string> &format :
         {std::vector<std::string>{"-T", "-t", "-U"}, std::vector<std::string>{"-o", "json"}}) {
        const std::string mark = marker(), file = dir.at("recording");
        auto live = format, replay = format;
        live.insert(live.end(), {"--record", file});
        replay.insert(replay.end(), {"--replay", file});

        ToolRun tool{name(), live};
        for (int i = 0; i < 20; i++)
            happen(
                mark, i % 2 ? Step{} : [] { become(1000, 1000); });
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(mark), 20u);

        // As an unprivileged user, of a file that belongs to root.
        std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
        const Outcome again =
            run_tool(name(), replay, {.in_child = [] { become(65534, 65534); }, .program = copy_of_tool()});
        EXPECT_EQ(again.code, 0) << again.err;
        EXPECT_EQ(again.out, tool.out());
        EXPECT_EQ(accounting_of(again.err), accounting_of(tool.err()));
    }
}

namespace {

struct stat about(const std::string &file)
{
    struct stat about {};

    EXPECT_EQ(lstat(file.c_str(), &about), 0) << file;
    return about;
}

} // namespace

// Arguments hold secrets: whoever may not trace reads none of them.
TEST_P(Contract, RecordingIsPrivate)
{
    const std::string shared = dir.at("shared"), file = shared + "/recording", mark = marker();
    ASSERT_EQ(mkdir(shared.c_str(), 0) | chmod(shared.c_str(), 01777), 0);
    in_child([&] {
        become(65534, 65534);
        write_file(file, "there");
        chmod(file.c_str(), 0666);
    });
    ASSERT_EQ(about(file).st_mode & 0777, 0666u);

    ToolRun tool{name(), {"--record", file}, {.in_child = [] { umask(0); }}};
    happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr(fmt::format("{}: --record: '{}' is replaced\n", name(), file)));
    EXPECT_EQ(about(file).st_mode & 0777, 0600u);
    EXPECT_EQ(about(file).st_uid, 0u);
    EXPECT_THAT(run_tool(name(), {"--replay", file}).out, HasSubstr(mark));
}

TEST_P(Contract, RecordingFollowsNoLinkOfAnother)
{
    const std::string shared = dir.at("shared"), target = dir.file("target", "precious");
    ASSERT_EQ(mkdir(shared.c_str(), 0) | chmod(shared.c_str(), 01777), 0);
    const std::string link = shared + "/link", fifo = shared + "/fifo", own = shared + "/own";
    in_child([&] {
        become(65534, 65534);
        if ((symlink(target.c_str(), link.c_str()) | mkfifo(fifo.c_str(), 0666)) != 0)
            throw std::runtime_error("cannot set the traps");
    });
    ASSERT_EQ(symlink(target.c_str(), own.c_str()), 0);

    expect_refusal(2, {"--record", link}, {"symbolic link of another user"});
    expect_refusal(2, {"--record", fifo}, {"FIFO or socket of another user"});
    EXPECT_EQ(read_file(target), "precious");
    ToolRun tool{name(), {"--record", own}};
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_NE(read_file(target), "precious");
    EXPECT_EQ(about(target).st_mode & 0777, 0600u);

    // A file of the user who called sudo does not stay readable for others, either.
    const User user = ordinary_user();
    const std::string theirs = dir.file("theirs", "old");
    ASSERT_EQ(chown(theirs.c_str(), user.uid, user.gid) | chmod(theirs.c_str(), 0644), 0);
    ASSERT_EQ(symlink(theirs.c_str(), (shared + "/theirs").c_str()), 0);
    ToolRun by_sudo{name(),
                    {"--record", shared + "/theirs"},
                    {.env = {{"SUDO_UID", std::to_string(user.uid)}, {"SUDO_GID", std::to_string(user.gid)}}}};
    EXPECT_EQ(by_sudo.stop(), 0);
    EXPECT_NE(read_file(theirs), "old");
    EXPECT_EQ(about(theirs).st_mode & 0777, 0600u);
}

// COMMAND does not run if its events could not be recorded at all.
TEST_P(Contract, RecordingThatCannotBegin)
{
    const std::string made = dir.at("made");
    const Outcome outcome = run_tool(name(), {"--record", "/dev/full", "--", "touch", made});
    EXPECT_EQ(outcome.code, 125);
    EXPECT_THAT(outcome.err, HasSubstr("--record: cannot write '/dev/full': No space left on device (ENOSPC)"));
    EXPECT_FALSE(std::filesystem::exists(made));
}

// Who records by sudo can replay without it.
TEST_P(Contract, RecordingBelongsToWhoCalledSudo)
{
    const User user = ordinary_user();
    const std::string file = dir.at("recording"), mark = marker();
    ToolRun tool{name(),
                 {"--record", file},
                 {.env = {{"SUDO_UID", std::to_string(user.uid)}, {"SUDO_GID", std::to_string(user.gid)}}}};

    happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(about(file).st_uid, user.uid);
    EXPECT_EQ(about(file).st_gid, user.gid);
    EXPECT_EQ(about(file).st_mode & 0777, 0600u);
    const Outcome again = run_tool(name(), {"--replay", file},
                                   {.in_child = [&] { become(user.uid, user.gid); }, .program = copy_of_tool()});
    EXPECT_THAT(again.out, HasSubstr(mark)) << again.err;
}

// It does not exist, and no later process has its id.
TEST_P(Contract, ProcessesThatDoNotExist)
{
    constexpr const char *no_process = "4194304"; // PID_MAX_LIMIT of include/linux/threads.h
    if (GetParam().searches_pids)
        return;
    const Outcome outcome = run_tool(name(), {"-d", "0.01", "-p", no_process, "-P", no_process, "-p", "1"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, HasSubstr(name() + ": --pid: no process 4194304\n"));
    EXPECT_THAT(outcome.err, HasSubstr(name() + ": --ppid: no process 4194304\n"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("no process 1\n")));
}

// The filters are by process, and COMMAND and its descendants are new ones.
TEST_P(Contract, ProcessesThatCannotMatch)
{
    if (GetParam().searches_pids)
        return;
    std::promise<pid_t> id;
    std::promise<void> end;
    std::thread thread{[&] {
        id.set_value(gettid());
        end.get_future().wait();
    }};
    const std::string tid = std::to_string(id.get_future().get()), pid = std::to_string(getpid());
    const std::string threads = run_tool(name(), {"-d", "0.01", "-p", tid, "-P", tid, "-p", pid}).err;
    end.set_value();
    thread.join();
    for (const char *option : {"--pid", "--ppid"})
        EXPECT_THAT(threads, HasSubstr(fmt::format("{}: {}: {} is not a process, but a thread of process {}\n", name(),
                                                   option, tid, pid)));
    EXPECT_THAT(threads, Not(HasSubstr(fmt::format("{} is not", pid))));
    const std::string said =
        fmt::format("{}: --pid: process {} is not a descendant of true: no event can match\n", name(), pid);
    EXPECT_THAT(run_tool(name(), {"-p", pid, "--", "true"}).err, HasSubstr(said));
    EXPECT_THAT(run_tool(name(), {"-P", pid, "--", "true"}).err, Not(HasSubstr("no event can match")));
}

TEST_P(Contract, BtfOfAFifo)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    expect_refusal(2, {"--btf", fifo}, {"--btf: '" + fifo + "' is not a regular file"});
}

TEST_P(Contract, SudoWithoutAnId)
{
    for (const std::vector<std::string> &args :
         {std::vector<std::string>{"--record", dir.at("recording")}, std::vector<std::string>{"--", "true"}})
        expect_refusal(2, args, {"SUDO_UID: 'abc' is not an ID"}, {.env = {{"SUDO_UID", "abc"}, {"SUDO_GID", "1"}}});
}

TEST_P(Contract, ReplayWithFilters)
{
    const std::string root = marker(), user = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"--record", file}};
    happen(root, {}, "hammer");
    happen(user, [] { become(1000, 1000); });
    EXPECT_EQ(tool.stop(), 0);

    for (const auto &args : {std::vector<std::string>{"-u", "1000"}, std::vector<std::string>{"-n", some_comm}}) {
        auto replay = args;
        replay.insert(replay.end(), {"--replay", file});
        const Outcome again = run_tool(name(), replay);
        EXPECT_EQ(again.code, 0);
        EXPECT_THAT(again.out, HasSubstr(user));
        EXPECT_THAT(again.out, Not(HasSubstr(root)));
    }
}

// A killed tool leaves a file that replays up to its end, and the replay says that it is cut.
TEST_P(Contract, RecordingSurvivesKill)
{
    const std::string mark = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"--record", file}};
    happen(mark);
    tool.line_with(mark);
    // Rows are flushed before records are: the next drain's row says that these are written.
    const std::string next = marker();
    happen(next);
    tool.line_with(next);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);

    const Outcome again = run_tool(name(), {"--replay", file});
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.out, HasSubstr(mark));
    EXPECT_THAT(again.err_lines().back(), HasSubstr("ends without its closing record"));
}

// The file keeps its whole records, and the tool says how many.
TEST_P(Contract, FullDiskDuringRecording)
{
    const std::string disk = dir.folder("disk"), file = disk + "/recording", mark = marker();
    private_mounts();
    const TmpFs small{disk, "size=16k"};
    ToolRun tool{name(), {"--record", file, "-P", std::to_string(getpid())}};

    // Every event is at least a header and the identity: 24 + 64 bytes.
    for (int i = 0; i < 16 * 1024 / 88 + 1; i++)
        happen(mark);
    EXPECT_EQ(tool.wait(), 1);
    std::string said;
    for (const auto &line : tool.err_lines())
        if (line.find("--record: ") != std::string::npos)
            said += line;
    EXPECT_THAT(said, HasSubstr(fmt::format("--record: cannot write '{}': No space left", file)));
    EXPECT_GT(expect_balance(tool.err())["unrecorded"], 0u);

    const Outcome again = run_tool(name(), {"--replay", file});
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.err_lines().back(), HasSubstr("ends without its closing record"));
    std::size_t rows = 0;
    for (const auto &line : again.lines())
        rows += line.find(mark) != std::string::npos;
    EXPECT_GT(rows, 0u);
    EXPECT_THAT(said, HasSubstr(fmt::format("it holds {} whole records", rows)));
}

TEST_P(Contract, RejectsOtherFilesAsRecording)
{
    expect_refusal(2, {"--replay", dir.file("text", std::string(1000, 'x'))}, {"--replay", "not a recording"});
    expect_refusal(2, {"--replay", dir.file("short", "snooprec")}, {"--replay", "not a recording"});
}

} // namespace snoop::test
