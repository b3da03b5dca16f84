// SPDX-License-Identifier: BSD-2-Clause
#include "process.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

milliseconds limit()
{
    const char *slow = std::getenv("SNOOP_SLOW");
    const long factor = slow ? std::strtol(slow, nullptr, 10) : 1;

    return milliseconds{60'000} * (factor > 0 ? factor : 1);
}

std::pair<Fd, Fd> make_pipe()
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::runtime_error(fmt::format("pipe2: {}", strerror(errno)));
    return {Fd{ends[0]}, Fd{ends[1]}};
}

bool wait_readable(int fd, milliseconds limit)
{
    const auto end = Clock::now() + limit;

    for (;;) {
        pollfd one{fd, POLLIN, 0};
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        const int n = poll(&one, 1, static_cast<int>(std::max(left, milliseconds{0}).count()));
        if (n > 0)
            return true;
        if (n == 0)
            return false;
    }
}

bool eventually(const std::function<bool()> &is_so)
{
    const auto end = Clock::now() + limit();

    while (!is_so()) {
        if (Clock::now() > end)
            return false;
        poll(nullptr, 0, 5);
    }
    return true;
}

std::vector<char *> pointers(const std::vector<std::string> &strings)
{
    std::vector<char *> all;

    for (const auto &string : strings)
        all.push_back(const_cast<char *>(string.c_str()));
    all.push_back(nullptr);
    return all;
}

void exec_now(const Exec &exec)
{
    const std::vector<std::string> argv = exec.argv.empty() ? std::vector{exec.path} : exec.argv;

    execve(exec.path.c_str(), pointers(argv).data(), pointers(exec.env).data());
    _exit(errno);
}

void Gate::wait()
{
    char byte;

    ends_.second.reset(); // or the child would hold its own gate closed
    if (read(ends_.first.get(), &byte, 1) < 0)
        _exit(125);
}

namespace {

std::vector<int> ignored_signals()
{
    std::vector<int> all;
    struct sigaction action {};

    for (int one = 1; one < NSIG; one++)
        if (sigaction(one, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            all.push_back(one);
    return all;
}

// Signal dispositions as after a login: a script's background jobs ignore SIGINT, nohup ignores SIGHUP.
void reset_signals()
{
    static const std::vector<int> ignored = ignored_signals();
    sigset_t none;

    for (const int one : ignored)
        signal(one, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

Process::Process(pid_t pid) : pid_(pid)
{
    if (pid_ < 0)
        throw std::runtime_error(fmt::format("fork: {}", strerror(errno)));
    if (pid_ > 0)
        pidfd_ = Fd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
}

Process::Process(const std::function<void()> &body) : Process(fork())
{
    if (pid_ == 0) {
        reset_signals();
        try {
            body();
            _exit(0);
        } catch (const std::exception &error) {
            fmt::print(stderr, "in a child: {}\n", error.what());
            fflush(stderr);
        }
        _exit(125);
    }
}

Process Process::lightly(const std::function<void()> &body)
{
    const pid_t pid = vfork();

    if (pid == 0) {
        reset_signals();
        body();
        _exit(125);
    }
    return Process{pid};
}

Process::~Process()
{
    if (reaped_)
        return;
    send(SIGKILL);
    waitpid(pid_, nullptr, 0);
}

Process Process::exec(const Exec &exec)
{
    auto [out, in] = make_pipe();
    Process process([&] { exec_now(exec); });

    in.reset();
    // The child's end of the pipe closes on exec or exit.
    if (!wait_readable(out.get(), limit()))
        throw std::runtime_error(fmt::format("{} does not start", exec.path));
    return process;
}

void Process::send(int signal) const
{
    if (!reaped_)
        kill(pid_, signal);
}

Ended Process::wait()
{
    int status = 0;
    const bool late = !wait_readable(pidfd_.get(), limit());

    if (late)
        send(SIGKILL);
    if (reaped_ || waitpid(pid_, &status, 0) != pid_)
        throw std::runtime_error(fmt::format("process {} can't be waited for", pid_));
    reaped_ = true;
    if (late)
        throw std::runtime_error(fmt::format("process {} does not end", pid_));
    return {pid_, status};
}

OneCpu::OneCpu()
{
    cpu_set_t one;

    sched_getaffinity(0, sizeof(before_), &before_);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
}

OneCpu::~OneCpu() { sched_setaffinity(0, sizeof(before_), &before_); }

Ended in_child(const std::function<void()> &body) { return Process{body}.wait(); }

Ended run(const Exec &exec)
{
    return Process::lightly([&] { exec_now(exec); }).wait();
}

} // namespace snoop::test
