// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --exit: who sent the signal that ended a process.
#include "execsnoop/execsnoop.hpp"
#include "fixtures.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

class Killers : public Execsnoop {
protected:
    static Json killer(pid_t pid, const std::string &comm) { return {{"pid", pid}, {"comm", comm}}; }
    // Starts the program and returns it when it runs.
    static Process started(const Exec &exec, ToolRun &begins)
    {
        Process process = Process::exec(exec);
        begins.line_with(exec.argv[1]);
        return process;
    }
    static Json row_of_pid(ToolRun &tool, pid_t pid)
    {
        return tool.row_where([&](const Json &row) { return row["pid"] == pid; });
    }

    const std::string waits = dir.waiting_program("waits");
};

TEST_F(Killers, IsTheSender)
{
    ToolRun tool{"execsnoop", json({"--exit"})}, begins{"execsnoop", of_children()};

    for (const int signal : {SIGKILL, SIGTERM, SIGQUIT, SIGRTMIN + 1}) {
        Process victim = started({.path = waits, .argv = {"waits", marker()}}, begins);
        Process other{[&] {
            prctl(PR_SET_NAME, "murderer");
            kill(victim.pid(), signal);
        }};
        EXPECT_EQ(WTERMSIG(victim.wait().status), signal);
        EXPECT_EQ(other.wait().status, 0);
        EXPECT_EQ(row_of_pid(tool, victim.pid())["killed_by"], killer(other.pid(), "murderer")) << signal;
    }
}

TEST_F(Killers, NobodyIfItExits)
{
    ToolRun tool{"execsnoop", json({"--exit"})};
    EXPECT_EQ(row_of(tool, {})["killed_by"], nullptr);
}

const Load aborts{"killer_aborts", [](const Args &) {
                      const rlimit none{0, 0};
                      setrlimit(RLIMIT_CORE, &none);
                      return raise(SIGABRT);
                  }};
TEST_F(Killers, Itself)
{
    ToolRun tool{"execsnoop", json({"--exit"})};
    const Ended done = run(aborts.exec());
    const Json row = row_of_pid(tool, done.pid);
    EXPECT_EQ(row["signal"], "SIGABRT");
    EXPECT_EQ(row["killed_by"], killer(done.pid, row["comm"]));
    EXPECT_EQ(row["oom"], false);
}

TEST_F(Killers, TheKernel)
{
    ToolRun tool{"execsnoop", json({"--exit"})};
    const Ended done = run({.path = dir.file("crashes", crashing_program_bytes(), 0755), .argv = {"crashes"}});
    const Json row = row_of_pid(tool, done.pid);
    EXPECT_EQ(row["signal"], "SIGSEGV");
    EXPECT_EQ(row["killed_by"], killer(0, "kernel"));
}

// Handles SIGTERM, says when it runs, and is killed later.
const Load handles{"killer_handles", [](const Args &) {
                       signal(SIGTERM, [](int) {});
                       signal(SIGUSR1, SIG_IGN);
                       const char ready = 'r';
                       if (write(STDOUT_FILENO, &ready, 1) != 1)
                           return 1;
                       for (;;)
                           pause();
                       return 0;
                   }};
TEST_F(Killers, NotTheSenderOfAHandledSignal)
{
    ToolRun tool{"execsnoop", json({"--exit"})};
    const auto [out, in] = make_pipe();
    Process victim{[&, &in = in] {
        dup2(in.get(), STDOUT_FILENO);
        exec_now(handles.exec());
    }};
    char ready = 0;
    ASSERT_EQ(read(out.get(), &ready, 1), 1);
    victim.send(SIGTERM);
    victim.send(SIGUSR1);
    Process other{[&] {
        prctl(PR_SET_NAME, "murderer");
        kill(victim.pid(), SIGKILL);
    }};
    victim.wait();
    victim.send(SIGTERM);
    EXPECT_EQ(other.wait().status, 0);
    EXPECT_EQ(row_of_pid(tool, victim.pid())["killed_by"], killer(other.pid(), "murderer"));
}

// A cgroup whose processes have 16 MiB, of v1 or v2.
class SmallMemory {
public:
    SmallMemory()
    {
        for (const std::string &mount : {std::string{"/sys/fs/cgroup/memory"}, cgroup2_mount().value_or("")}) {
            if (mount.empty())
                continue;
            path_ = mount + "/snoop-test-" + marker();
            put(mount + "/cgroup.subtree_control", "+memory"); // of v2
            if (mkdir(path_.c_str(), 0700) != 0)
                continue;
            if (put(path_ + "/memory.max", "16M") || put(path_ + "/memory.limit_in_bytes", "16M")) {
                put(path_ + "/memory.swap.max", "0");
                put(path_ + "/memory.memsw.limit_in_bytes", "16M");
                return;
            }
            rmdir(path_.c_str());
        }
        path_.clear();
    }
    ~SmallMemory()
    {
        if (!path_.empty())
            rmdir(path_.c_str());
    }
    SmallMemory(const SmallMemory &) = delete;
    SmallMemory &operator=(const SmallMemory &) = delete;

    [[nodiscard]] bool exists() const { return !path_.empty(); }
    void enter() const
    {
        if (!put(path_ + "/cgroup.procs", "0"))
            throw std::runtime_error("cannot enter " + path_);
    }

private:
    static bool put(const std::string &path, const std::string &text)
    {
        const Fd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
        return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    }

    std::string path_;
};

const Load eats_memory{"killer_eats_memory", [](const Args &) {
                           constexpr std::size_t bytes = 64 << 20;
                           void *area =
                               mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                           if (area != MAP_FAILED)
                               std::memset(area, 1, bytes);
                           return 0;
                       }};
TEST_F(Killers, OutOfMemory)
{
    SNOOP_NEEDS(memcg);
    const SmallMemory small;
    ASSERT_TRUE(small.exists());
    ToolRun tool{"execsnoop", json({"--exit"})};
    const Ended done = in_child([&] {
        small.enter();
        exec_now(eats_memory.exec());
    });
    EXPECT_EQ(done.status & 0x7f, SIGKILL);
    const Json row = row_of_pid(tool, done.pid);
    EXPECT_EQ(row["oom"], true);
    EXPECT_EQ(row["killed_by"], killer(0, "kernel"));
    EXPECT_GT(row["maxrss_kb"], 4 << 10);
}

} // namespace
} // namespace snoop::test
