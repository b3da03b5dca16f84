// SPDX-License-Identifier: BSD-2-Clause
#include "run/loop.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <sys/signalfd.h>

namespace snoop {
namespace {

bool is_ignored(int signal)
{
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC))
{
    sigset_t set;

    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        if (!is_ignored(signal))
            sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = Fd{signalfd(-1, &set, SFD_CLOEXEC)};
    if (!epoll_ || !signals_ || !add(signals_.get(), EPOLLIN))
        throw Error{exit_runtime, "cannot wait for events: {}", describe_errno(errno)};
}

bool Loop::add(int fd, unsigned events)
{
    epoll_event event{};

    event.events = events;
    event.data.fd = fd;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::watch_source(int fd)
{
    source_ = fd;
    // Edge-triggered: a wake-up counts, records that are in the ring do not.
    if (!add(fd, EPOLLIN | EPOLLET))
        throw Error{exit_runtime, "cannot wait for the ring: {}", describe_errno(errno)};
}

void Loop::watch_keys(int fd)
{
    keys_ = fd;
    if (!add(fd, EPOLLIN))
        throw Error{exit_runtime, "cannot wait for keys: {}", describe_errno(errno)};
}

void Loop::watch_command(int fd)
{
    if (!add(fd, EPOLLIN))
        throw Error{exit_runtime, "cannot wait for the command: {}", describe_errno(errno)};
}

void Loop::end_after(double seconds)
{
    deadline_ = Clock::now() + std::chrono::ceil<Clock::duration>(std::chrono::duration<double>(seconds));
}

// A file and /dev/null cannot be watched (EPERM), nor need they be.
void Loop::watch_stdout(int fd) { add(fd, 0); }

void Loop::wait(std::optional<std::chrono::milliseconds> limit)
{
    using std::chrono::milliseconds;

    if (deadline_) {
        // Below 0 would mean without a limit.
        const auto left = std::max(std::chrono::ceil<milliseconds>(*deadline_ - Clock::now()), milliseconds{0});
        limit = std::min(limit.value_or(left), left);
    }
    // At most a day: epoll_wait takes an int.
    const int timeout = limit ? static_cast<int>(std::min<milliseconds::rep>(limit->count(), 86'400'000)) : -1;

    std::array<epoll_event, 8> events{};
    const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < n; i++)
        if (const int fd = events[static_cast<std::size_t>(i)].data.fd; fd != source_ && fd != keys_)
            stopped_ = true;
    if (deadline_ && Clock::now() >= *deadline_)
        stopped_ = true;
}

} // namespace snoop
