// SPDX-License-Identifier: BSD-2-Clause
#include "event_flood.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <new>
#include <sched.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

constexpr std::size_t most_cpus = 64;

std::vector<unsigned> usable_cpus()
{
    std::vector<unsigned> all;
    cpu_set_t set;

    sched_getaffinity(0, sizeof(set), &set);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && all.size() < most_cpus; cpu++)
        if (CPU_ISSET(cpu, &set))
            all.push_back(cpu);
    return all;
}

void run_on(unsigned cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof(one), &one); // fails if the CPU went offline meanwhile
}

// Executes it in a child; returns its wait status.
int executed(const char *path)
{
    char *const argv[] = {const_cast<char *>(path), nullptr};
    char *const no_env[] = {nullptr};
    int status = 0;
    const pid_t pid = vfork();

    if (pid == 0) {
        execve(path, argv, no_env);
        _exit(errno);
    }
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

} // namespace

struct EventFlood::Shared {
    std::atomic<bool> stop{false};
    // A cache line each, against false sharing.
    struct alignas(64) Made {
        std::atomic<std::uint64_t> count{0};
    };
    std::array<Made, most_cpus> made{};
};

Event opens_of(const std::string &path)
{
    return [path] {
        if (open(path.c_str(), O_RDONLY) >= 0 || errno != ENOENT)
            _exit(1);
    };
}

Event execs_of(const std::string &program)
{
    return [program] {
        if (executed(program.c_str()) != 0)
            _exit(1);
    };
}

Event failing_execs_of(const std::string &program)
{
    return [program] {
        if (executed(program.c_str()) != ENOENT << 8)
            _exit(1);
    };
}

EventFlood::EventFlood(const Event &event, std::uint64_t times)
{
    void *page = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        throw std::runtime_error("mmap");
    shared_ = new (page) Shared;
    std::size_t number = 0;
    for (const unsigned cpu : usable_cpus())
        processes_.emplace_back([&, cpu, made = &shared_->made[number++].count] {
            prctl(PR_SET_NAME, flooder);
            run_on(cpu);
            for (std::uint64_t i = 0; i < times && !shared_->stop; i++) {
                event();
                made->fetch_add(1, std::memory_order_relaxed);
            }
        });
}

EventFlood::~EventFlood()
{
    processes_.clear();
    munmap(shared_, sizeof(Shared));
}

std::uint64_t EventFlood::made() const
{
    std::uint64_t all = 0;

    for (const auto &one : shared_->made)
        all += one.count;
    return all;
}

void EventFlood::wait_for(std::uint64_t more) const
{
    const std::uint64_t until = made() + more;

    if (!eventually([&] { return made() >= until; }))
        throw std::runtime_error("the flood has dried up");
}

std::uint64_t EventFlood::wait()
{
    for (Process &process : processes_)
        if (process.wait().status != 0)
            throw std::runtime_error("a process of the flood failed");
    return made();
}

std::uint64_t EventFlood::stop()
{
    shared_->stop = true;
    return wait();
}

} // namespace snoop::test
