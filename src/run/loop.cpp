// SPDX-License-Identifier: BSD-2-Clause
#include "run/loop.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <utility>

namespace snoop {

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), signals_(stop::signal_fd())
{
    if (!epoll_ || (signals_ >= 0 && !add(signals_, EPOLLIN)))
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
    has_command_ = true;
    if (!add(fd, EPOLLIN))
        throw Error{exit_runtime, "cannot wait for the command: {}", describe_errno(errno)};
}

void Loop::end_after(double seconds)
{
    deadline_ = Clock::now() + std::chrono::ceil<Clock::duration>(std::chrono::duration<double>(seconds));
}

// A regular file cannot be watched (EPERM): it is always ready.
bool Loop::watch_input(int fd)
{
    input_ = fd;
    return add(fd, EPOLLIN);
}

// Edge-triggered: whoever answers reads and writes until there is nothing left to do. Closing it ends that.
void Loop::serve(int fd, std::function<void()> answer)
{
    served_ = fd;
    answer_ = std::move(answer);
    if (!add(fd, EPOLLIN | EPOLLOUT | EPOLLET))
        throw Error{exit_runtime, "cannot wait for questions: {}", describe_errno(errno)};
}

// A file and /dev/null cannot be watched (EPERM), nor need they be.
void Loop::watch_stdout(int fd) { add(fd, 0); }

void Loop::take(int fd)
{
    if (fd == served_)
        return answer_();
    if (fd == source_ || fd == keys_ || fd == input_)
        return;
    if (fd != signals_ || !has_command_) {
        stopped_ = true;
        return;
    }
    // The command, which has got the signal too, is traced to its end.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    const auto end = stop::signal_time() + stop::command_grace;
    deadline_ = std::min(deadline_.value_or(end), end);
}

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
        take(events[static_cast<std::size_t>(i)].data.fd);
    if (deadline_ && Clock::now() >= *deadline_)
        stopped_ = true;
}

} // namespace snoop
