// SPDX-License-Identifier: BSD-2-Clause
// Processes that a live test starts: a lambda in a fork, or a program.
//     EXPECT_EQ(in_child([] { execl("/bin/true", "true", nullptr); }).status, 0);
//     Ended done = run({.path = "/bin/ls", .argv = {"ls", "-l"}});
#pragma once

#include "base/fd.hpp"

#include <chrono>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace snoop::test {

using Fd = snoop::Fd;

// How long anything may take before a test gives up: 60 s, times SNOOP_SLOW.
std::chrono::milliseconds limit();

// Both ends of a pipe, close-on-exec: what is read from first, what is written to second.
std::pair<Fd, Fd> make_pipe();

// Waits until fd is readable or at its end; false after `limit`.
bool wait_readable(int fd, std::chrono::milliseconds limit);

// Asks again every few milliseconds, for what no file descriptor tells; false after limit().
bool eventually(const std::function<bool()> &is_so);

struct Ended {
    pid_t pid;
    int status; // as waitpid(2) gives it
};

// A program to be executed by execve. Without argv it gets its path alone.
struct Exec {
    std::string path;
    std::vector<std::string> argv{};
    std::vector<std::string> env{};
};

// The vector that execve takes, of strings that live longer than it.
std::vector<char *> pointers(const std::vector<std::string> &strings);

// For a child: executes, or ends the process with errno as its exit code.
[[noreturn]] void exec_now(const Exec &exec);

// Held by a child until the test, or its end, lets it go on.
class Gate {
public:
    Gate() : ends_(make_pipe()) {}
    void open() { ends_.second.reset(); }
    void wait(); // in the child

private:
    std::pair<Fd, Fd> ends_;
};

class Process {
public:
    // Forks and runs body, with its return the process ends with 0. An exception ends it
    // with 125 and its text on stderr.
    explicit Process(const std::function<void()> &body);
    // Kills it, if it still runs.
    ~Process();
    Process(Process &&other) noexcept
        : pid_(other.pid_), reaped_(std::exchange(other.reaped_, true)), pidfd_(std::move(other.pidfd_))
    {}
    Process &operator=(Process &&) = delete;

    // The same by vfork, a tenth of the time: body runs in this process's memory while
    // this thread waits, and must not return but execute a program or end by _exit.
    static Process lightly(const std::function<void()> &body);

    // Returns when the program runs (or has ended, or could not be executed); its exec's
    // event may still be under way.
    static Process exec(const Exec &exec);

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Readable when it has ended.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }
    // Does nothing once wait() has returned: the number may be another process's.
    void send(int signal) const;
    // Throws after limit(), and kills the process.
    Ended wait();

private:
    explicit Process(pid_t pid);

    pid_t pid_;
    bool reaped_ = false;
    Fd pidfd_;
};

// While it lives, this process and its children run on one processor.
class OneCpu {
public:
    OneCpu();
    ~OneCpu();
    OneCpu(const OneCpu &) = delete;
    OneCpu &operator=(const OneCpu &) = delete;

private:
    cpu_set_t before_;
};

Ended in_child(const std::function<void()> &body);
Ended run(const Exec &exec);

} // namespace snoop::test
