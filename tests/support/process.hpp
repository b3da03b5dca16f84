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

// The time after which a test gives up waiting: 60 s, times SNOOP_SLOW.
std::chrono::milliseconds limit();

// Both ends of a close-on-exec pipe: the read end first, the write end second.
std::pair<Fd, Fd> make_pipe();

// Waits until fd is readable or at end of file; false after `limit`.
bool wait_readable(int fd, std::chrono::milliseconds limit);

// Polls a condition that no file descriptor signals, every few milliseconds; false after limit().
bool eventually(const std::function<bool()> &is_so);

struct Ended {
    pid_t pid;
    int status; // as waitpid(2) gives it
};

// A program for execve. Without argv it gets its path alone.
struct Exec {
    std::string path;
    std::vector<std::string> argv{};
    std::vector<std::string> env{};
};

// The argument vector for execve; the strings must outlive it.
std::vector<char *> pointers(const std::vector<std::string> &strings);

// In a child: executes, or exits with errno as the exit code.
[[noreturn]] void exec_now(const Exec &exec);

// A gate that holds a child until the test opens it or goes away.
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
    // Forks and runs body; the process exits with 0 when it returns. An exception ends it
    // with 125 and its text on stderr.
    explicit Process(const std::function<void()> &body);
    // Kills the process if it still runs.
    ~Process();
    Process(Process &&other) noexcept
        : pid_(other.pid_), reaped_(std::exchange(other.reaped_, true)), pidfd_(std::move(other.pidfd_))
    {}
    Process &operator=(Process &&) = delete;

    // Like the constructor, but by vfork, in a tenth of the time: body runs in this process's memory while
    // this thread waits, and must not return but execute a program or end by _exit.
    static Process lightly(const std::function<void()> &body);

    // Returns when the program runs (or has ended, or could not be executed); its exec's
    // event may still be in flight.
    static Process exec(const Exec &exec);

    [[nodiscard]] pid_t pid() const { return pid_; }
    // A pidfd, readable when the process has ended.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }
    // Does nothing once wait() has returned: the pid may have been reused.
    void send(int signal) const;
    // Throws after limit(), and kills the process.
    Ended wait();

private:
    explicit Process(pid_t pid);

    pid_t pid_;
    bool reaped_ = false;
    Fd pidfd_;
};

// For the lifetime of the object, this process and its children run on one CPU.
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
