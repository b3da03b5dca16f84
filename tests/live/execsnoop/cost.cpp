// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --exit: what a process cost, compared with what wait4(2) returns.
#include "execsnoop/execsnoop.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

std::uint64_t cpu_ns()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Uses some more milliseconds of CPU time in this thread, most of it in the kernel.
void burn(std::uint64_t ms)
{
    char byte = 0;
    const int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const std::uint64_t start = cpu_ns();
    while (cpu_ns() < start + ms * 1'000'000)
        for (int i = 0; i < 100; i++)
            if (read(zero, &byte, 1) != 1)
                _exit(1);
}

const Load burns{"cost_burns", [](const Args &) {
                     burn(30);
                     return 0;
                 }};
const Load large{"cost_large", [](const Args &) {
                     constexpr std::size_t bytes = 48 << 20;
                     void *area = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                     if (area == MAP_FAILED)
                         return 1;
                     std::memset(area, 1, bytes);
                     munmap(area, bytes); // the largest size, not the last one
                     return 0;
                 }};
const Load writes{"cost_writes", [](const Args &args) {
                      const std::vector<char> block(1 << 20, 'x');
                      const int file = open(args.at(0).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                      return write(file, block.data(), block.size()) == 1 << 20 && fsync(file) == 0 ? 0 : 1;
                  }};
const Load threads{"cost_threads", [](const Args &) {
                       std::vector<std::thread> all;
                       for (int i = 0; i < 16; i++)
                           all.emplace_back([] { burn(2); });
                       for (std::thread &thread : all)
                           thread.join();
                       return 0;
                   }};
// All threads die at once.
const Load killed{"cost_killed", [](const Args &) {
                      std::atomic<int> begun = 0;
                      for (int i = 0; i < 40; i++)
                          std::thread{[&] {
                              burn(1);
                              begun++;
                              pause();
                          }}.detach();
                      while (begun < 40)
                          std::this_thread::yield();
                      return kill(getpid(), SIGKILL);
                  }};
// The first thread, whose task is the last to be released, ends before the last one.
const Load first_ends_first{"cost_first_ends_first", [](const Args &) {
                                std::thread{[] {
                                    const std::string first = fmt::format("/proc/self/task/{}/stat", getpid());
                                    burn(20);
                                    eventually([&] { return read_file(first).find(") Z ") != std::string::npos; });
                                    _exit(0);
                                }}.detach();
                                burn(5);
                                return static_cast<int>(syscall(SYS_exit, 0));
                            }};
const Load thread_execs{"cost_thread_execs", [](const Args &) {
                            std::thread{[] {
                                burn(5);
                                exec_now(burns.exec());
                            }}.detach();
                            burn(5);
                            pause();
                            return 0;
                        }};

struct Reaped {
    pid_t pid = -1;
    int status = 0;
    rusage usage{};
    Json row;
};

class Costs : public Execsnoop {
protected:
    // The row is printed after the last context switch of the process. Until then, what wait4() returns still grows.
    static Reaped reap(ToolRun &tool, const Exec &exec)
    {
        Reaped child;

        child.pid = fork();
        if (child.pid == 0)
            exec_now(exec);
        siginfo_t info{};
        if (waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOWAIT) != 0)
            throw std::runtime_error("waitid failed");
        child.row = tool.row_where([&](const Json &row) { return row["pid"] == child.pid && !row["oom"].is_null(); });
        if (wait4(child.pid, &child.status, 0, &child.usage) != child.pid)
            throw std::runtime_error("wait4 failed");
        return child;
    }
    static Json us(const Json &ns) { return ns.is_number() ? Json(ns.get<std::uint64_t>() / 1000) : ns; }
    static std::uint64_t us(const timeval &time)
    {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
    }
    static void expect_same(const Reaped &child)
    {
        const rusage &usage = child.usage;
        const Json &row = child.row;

        EXPECT_EQ(us(row["utime_ns"]), us(usage.ru_utime));
        EXPECT_EQ(us(row["stime_ns"]), us(usage.ru_stime));
        EXPECT_EQ(row["maxrss_kb"], usage.ru_maxrss);
        EXPECT_EQ(row["minflt"], usage.ru_minflt);
        EXPECT_EQ(row["majflt"], usage.ru_majflt);
        EXPECT_EQ(row["nvcsw"], usage.ru_nvcsw);
        EXPECT_EQ(row["nivcsw"], usage.ru_nivcsw);
        EXPECT_EQ(row["read_bytes"], usage.ru_inblock * 512);
        EXPECT_EQ(row["write_bytes"], usage.ru_oublock * 512);
    }
    static std::uint64_t cpu_of(const Json &row)
    {
        return row["utime_ns"].get<std::uint64_t>() + row["stime_ns"].get<std::uint64_t>();
    }
};

TEST_F(Costs, SameAsOfWait4)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    for (const auto &[name, exec, status] : {std::tuple{"short", Exec{.path = program}, 0},
                                             {"burns", burns.exec(), 0},
                                             {"large", large.exec(), 0},
                                             {"writes", writes.exec({dir.at("written")}), 0},
                                             {"threads", threads.exec(), 0},
                                             {"killed", killed.exec(), SIGKILL},
                                             {"first_ends_first", first_ends_first.exec(), 0},
                                             {"thread_execs", thread_execs.exec(), 0}}) {
        SCOPED_TRACE(name);
        const Reaped child = reap(tool, exec);
        EXPECT_EQ(child.status, status);
        expect_same(child);
    }
}

TEST_F(Costs, IsThatOfTheWholeProcess)
{
    ToolRun tool{"execsnoop", json({"--exit"})};

    EXPECT_GE(cpu_of(reap(tool, burns.exec()).row), 30'000'000u);
    EXPECT_GE(cpu_of(reap(tool, threads.exec()).row), 16 * 2'000'000u);
    EXPECT_GE(cpu_of(reap(tool, first_ends_first.exec()).row), 25'000'000u);
    EXPECT_GE(cpu_of(reap(tool, thread_execs.exec()).row), 35'000'000u); // its earlier program's, too
    EXPECT_GE(reap(tool, large.exec()).row["maxrss_kb"], 48 << 10);
    EXPECT_GE(reap(tool, threads.exec()).row["nvcsw"], 1);
}

// A process of which the tool sees the end as its own.
TEST_F(Costs, OfTheCommand)
{
    const std::string path = dir.program("nine", 9);

    for (int i = 0; i < 5; i++) {
        ToolRun tool{"execsnoop", {"--exit", "-o", "json", "--", "/bin/sh", "-c", path + "; exit 4"}};
        EXPECT_EQ(tool.wait(), 4);
        ASSERT_EQ(tool.rows().size(), 2u);
        for (const Json &row : tool.rows())
            EXPECT_GT(cpu_of(row), 0u) << row;
    }
}

TEST_F(Costs, InText)
{
    ToolRun tool{"execsnoop", of_children({"--exit"})};
    const std::string mark = marker();

    EXPECT_EQ(run({.path = program, .argv = {"prog", mark}}).status, 0);
    EXPECT_THAT(tool.line_with(mark), testing::MatchesRegex("prog +[0-9]+ +[0-9]+ +0 +0 +[0-9]+\\.[0-9][0-9][0-9] "
                                                            "+[0-9]+\\.[0-9][0-9][0-9] +[0-9]+ .*"));
}

} // namespace
} // namespace snoop::test
