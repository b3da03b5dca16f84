// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --exit: how a process ended, and when.
#include "accounting.hpp"
#include "execsnoop/execsnoop.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Exits : public Execsnoop {
protected:
    using Clock = std::chrono::steady_clock;

    static std::string header_with_exit()
    {
        return fmt::format("{:<16} {:<7} {:<7} {:<4} {:<8} {:>10} {:>10} {:>9} {}", "COMM", "PID", "PPID", "RET",
                           "EXIT", "RAN(ms)", "CPU(ms)", "RSS(KiB)", "ARGS");
    }
    // Starts the waiting program, whose row is printed when it is told to exit.
    [[nodiscard]] Process waiting(const std::string &mark) const
    {
        return Process::exec({.path = waits, .argv = {"waits", mark}});
    }

    const std::string waits = dir.waiting_program("waits");
};

TEST_F(Exits, WithStatus)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    for (const int code : {0, 1, 42, 255}) {
        const std::string mark = marker(), path = dir.program(fmt::format("ends-with-{}", code), code);
        const auto start = Clock::now();
        EXPECT_EQ(run({.path = path, .argv = {"x", mark}}).status, W_EXITCODE(code, 0));
        const std::chrono::nanoseconds most = Clock::now() - start;
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["exit_code"], code);
        EXPECT_EQ(row["signal"], nullptr);
        EXPECT_GT(row["duration_ns"], 0);
        EXPECT_LT(row["duration_ns"], most.count());
    }
}

TEST_F(Exits, BySignal)
{
    ToolRun tool{"execsnoop", json({"--exit"})}, begins{"execsnoop", of_children()};

    for (const auto &[signal, name] : {std::pair{SIGSEGV, "SIGSEGV"}, std::pair{SIGKILL, "SIGKILL"},
                                       std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGRTMIN + 1, ""}}) {
        const std::string mark = marker();
        Process process = waiting(mark);
        begins.line_with(mark);
        const auto runs = Clock::now();
        poll(nullptr, 0, 20); // that it takes some time
        const std::chrono::nanoseconds least = Clock::now() - runs;
        process.send(signal);
        EXPECT_EQ(WTERMSIG(process.wait().status), signal);
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["exit_code"], nullptr);
        EXPECT_EQ(row["signal"], *name ? std::string{name} : fmt::format("SIG{}", signal));
        EXPECT_GT(row["duration_ns"], least.count());
    }
}

TEST_F(Exits, InText)
{
    const std::string first = marker(), second = marker();
    ToolRun tool{"execsnoop", of_children({"--exit", "-x"})};

    const Ended done = run({.path = dir.program("three", 3), .argv = {"x", first}});
    EXPECT_THAT(tool.line_with(first),
                MatchesRegex(fmt::format("three            {:<7} {:<7} 0    3         +[0-9]+\\.[0-9][0-9][0-9] "
                                         "+[0-9]+\\.[0-9][0-9][0-9] +[0-9]+ {}/three {}",
                                         done.pid, getpid(), dir.path(), first)));
    // A failure ends nothing: its row comes at once.
    const Ended failed = in_child([&] {
        prctl(PR_SET_NAME, "caller");
        exec_now({.path = "/no/such/file", .argv = {"x", second}});
    });
    EXPECT_EQ(tool.line_with(second), fmt::format("{:<16} {:<7} {:<7} {:<4} {:<8} {:>10} {:>10} {:>9} /no/such/file {}",
                                                  "caller", failed.pid, getpid(), -ENOENT, "-", "-", "-", "-", second));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.lines()[0], header_with_exit());
}

TEST_F(Exits, ByNextExec)
{
    ToolRun object{"execsnoop", json({"--exit"})}, text{"execsnoop", of_children({"--exit"})};
    const std::string mark = marker();

    // The shell becomes the program.
    const Ended done = run({.path = "/bin/sh", .argv = {"sh", "-c", "exec \"$1\" \"$2\"", "sh", program, mark}});
    EXPECT_EQ(done.status, 0);
    const auto of = [&](const char *comm) {
        return [=](const Json &row) { return row["comm"] == comm && row["pid"] == done.pid; };
    };
    const Json before = object.row_where(of("sh")), after = object.row_where(of("prog"));
    EXPECT_TRUE(before["duration_ns"].is_number());
    EXPECT_EQ(before["exit_code"], nullptr);
    EXPECT_EQ(before["signal"], nullptr);
    EXPECT_EQ(after["exit_code"], 0);
    EXPECT_EQ(before["ts_ns"].get<std::uint64_t>() + before["duration_ns"].get<std::uint64_t>(), after["ts_ns"]);
    EXPECT_THAT(text.line_where([](const std::string &line) { return line.starts_with("sh "); }),
                MatchesRegex("sh +[0-9]+ +[0-9]+ +0 +exec +[0-9]+\\.[0-9]+ +- +- /bin/sh -c .*"));
}

TEST_F(Exits, StillRunning)
{
    ToolRun object{"execsnoop", json({"--exit"})}, text{"execsnoop", of_children({"--exit"})};
    // This hook is attached last: when it reports an event, the others have seen it too.
    ToolRun begins{"execsnoop", of_children()};
    const std::string mark = marker();

    const Process process = waiting(mark);
    begins.line_with(mark);
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
    ASSERT_EQ(object.count_with(mark), 1u);
    for (const Json &row : object.rows())
        if (row["pid"] == process.pid()) {
            for (const char *key : {"duration_ns", "exit_code", "signal"})
                EXPECT_EQ(row[key], nullptr) << key;
        }
    EXPECT_THAT(text.out(),
                HasSubstr(fmt::format("{:<8} {:>10} {:>10} {:>9} {} {}\n", "-", "-", "-", "-", waits, mark)));
    EXPECT_EQ(expect_balance(object.err())["lost"], 0u);
}

// The test does not wait for a process that outlives its parent, but the tool sees its exit.
TEST_F(Exits, Orphan)
{
    ToolRun tool{"execsnoop", {"--exit", "-o", "json", "-n", "waits"}}, begins{"execsnoop", {"-n", "waits"}};
    const std::string mark = marker();
    const auto [pid_out, pid_in] = make_pipe();
    Gate executed;

    Process parent{[&, &pid_in = pid_in] {
        const pid_t child = fork();
        if (child == 0)
            exec_now({.path = waits, .argv = {"waits", mark}});
        if (write(pid_in.get(), &child, sizeof(child)) != sizeof(child))
            _exit(1);
        executed.wait();
    }};
    pid_t orphan = -1;
    ASSERT_EQ(read(pid_out.get(), &orphan, sizeof(orphan)), static_cast<ssize_t>(sizeof(orphan)));
    ASSERT_GT(orphan, 0);
    begins.line_with(mark);
    executed.open();
    ASSERT_EQ(parent.wait().status, 0);
    kill(orphan, SIGUSR1);
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["pid"], orphan);
    EXPECT_EQ(row["ppid"], parent.pid()); // when it was executed
    EXPECT_EQ(row["signal"], "SIGUSR1");
}

// The first thread exits with 3, a second one later with 5, or all of them with 7.
const Load first_thread_ends_first{"first_thread_ends_first", [](const Args &args) {
                                       std::thread{[all = args.at(1) == "all"] {
                                           const std::string first = fmt::format("/proc/self/task/{}/stat", getpid());
                                           eventually(
                                               [&] { return read_file(first).find(") Z ") != std::string::npos; });
                                           syscall(all ? SYS_exit_group : SYS_exit, all ? 7 : 5);
                                       }}.detach();
                                       return static_cast<int>(syscall(SYS_exit, 3));
                                   }};

// One row, with the status that waitpid() returns, when the last thread has ended.
TEST_F(Exits, AfterItsFirstThread)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    for (const std::string how : {"one", "all"}) {
        const std::string mark = marker();
        const Ended done = run(first_thread_ends_first.exec({mark, how}));
        // The first one's code or, since 5.17, the last one's.
        EXPECT_THAT(done.status >> 8, how == "all" ? testing::AnyOf(7, 7) : testing::AnyOf(3, 5));
        EXPECT_EQ(tool.row_with(mark)["exit_code"], done.status >> 8);
    }
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.rows().size(), 2u);
}

TEST_F(Exits, CommandAndChildren)
{
    const std::string path = dir.program("nine", 9);
    ToolRun tool{"execsnoop", {"--exit", "-o", "json", "--", "/bin/sh", "-c", path + "; exit 4"}};

    EXPECT_EQ(tool.wait(), 4);
    std::map<std::string, Json> codes;
    for (const Json &row : tool.rows())
        codes[row["comm"]] = row["exit_code"];
    EXPECT_EQ(codes, (std::map<std::string, Json>{{"nine", 9}, {"sh", 4}}));
}

} // namespace
} // namespace snoop::test
