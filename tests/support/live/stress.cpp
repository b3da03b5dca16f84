// SPDX-License-Identifier: BSD-2-Clause
#include "stress.hpp"

#include "exec_ways.hpp"
#include "open_ways.hpp"
#include "uring.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <latch>
#include <new>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

struct Paths {
    std::string program, waiting, file, nothing, fifo;
};

constexpr const char *no_program = "/no/such/program";

// A process that dies with the thread that starts it. `body` ends it.
pid_t child(const std::function<void()> &body)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The parent may have died already. In a new pid namespace a process has parent 0.
        if (getppid() != parent && getppid() != 0)
            _exit(1);
        body();
        _exit(1);
    }
    return pid;
}

void ends(pid_t pid)
{
    if (pid > 0)
        waitpid(pid, nullptr, 0);
}

void opens(const Paths &paths)
{
    for (const Opener opener : {Opener::openat, Opener::openat2})
        for (const std::string &path : {paths.file, paths.nothing})
            close(open_call(opener, {.path = path}));
}

void execs(const Paths &paths)
{
    ends(child([&] { exec_now({.path = paths.program}); }));
    ends(child([&] { exec_now({.path = paths.program, .argv = {"x", std::string(40'000, 'y')}}); }));
}

// Called by the thread itself, which goes on.
void failing_execs(const Paths &paths)
{
    exec_at(AT_FDCWD, no_program, {"x"}, 0);
    exec_at(AT_FDCWD, paths.file, {"x", std::string(6000, 'z')}, 0);
}

void execs_of_threads(const Paths &paths)
{
    ends(child([&] {
        const int null = open("/dev/null", O_WRONLY);
        exec_in_thread(paths.program, {"x"}, null);
    }));
}

void kills(const Paths &paths)
{
    const pid_t pid = child([&] { exec_now({.path = paths.waiting}); });

    kill(pid, SIGKILL); // perhaps before its exec, perhaps in it
    ends(pid);
}

void namespaces(const Paths &paths)
{
    ends(child([&] {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
            _exit(0);
        ends(child([&] { exec_now({.path = paths.program}); }));
        _exit(0);
    }));
}

void by_uring(const Paths &paths)
{
    static thread_local Uring ring{8};

    if (!ring)
        return;
    for (int i = 0; i < 8; i++)
        ring.add({.path = i % 4 == 0 ? paths.nothing : paths.file}, {.two = i % 2 == 0, .async = i < 4});
    ring.submit(8);
    while (const auto fd = ring.result())
        close(*fd);
}

// Its second half blocks until it is killed.
void by_fifo(const Paths &paths)
{
    static thread_local bool first = true;

    if (first) {
        Uring ring{1};
        if (ring) {
            ring.add({.path = paths.fifo}, {.async = true});
            ring.submit();
        }
        first = false;
        return;
    }
    open(paths.fifo.c_str(), O_RDONLY);
}

constexpr std::array kinds{opens, execs, failing_execs, execs_of_threads, kills, namespaces, by_uring, by_fifo};

} // namespace

struct Stress::Shared {
    std::array<std::atomic<unsigned>, kinds.size()> rounds{};
};

Stress::Stress()
{
    const Paths paths{dir_.program("ends"), dir_.waiting_program("waits"), dir_.file("file", "1"), dir_.at("nothing"),
                      dir_.at("fifo")};
    void *page = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        throw std::runtime_error("mmap");
    shared_ = new (page) Shared;
    mkfifo(paths.fifo.c_str(), 0644);
    process_.emplace([&] {
        // While a thread is in an exec, even one that fails, none can be started (EAGAIN: copy_fs() in kernel/fork.c).
        std::latch all_there{1};
        std::vector<std::thread> threads;
        for (std::size_t kind = 0; kind < kinds.size(); kind++)
            threads.emplace_back([&, kind] {
                all_there.wait();
                for (;;) {
                    kinds[kind](paths);
                    shared_->rounds[kind]++;
                }
            });
        all_there.count_down();
        for (auto &thread : threads)
            thread.join();
    });
}

Stress::~Stress()
{
    process_.reset();
    munmap(shared_, sizeof(Shared));
}

void Stress::wait_for(unsigned rounds) const
{
    const auto enough = [&] {
        for (std::size_t kind = 0; kind < kinds.size(); kind++)
            if (shared_->rounds[kind] < (kinds[kind] == by_fifo ? 1 : rounds))
                return false;
        return true;
    };

    if (!eventually(enough))
        throw std::runtime_error("the stress stands still");
}

} // namespace snoop::test
