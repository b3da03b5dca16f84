// SPDX-License-Identifier: BSD-2-Clause
#include "reader.hpp"

#include <array>
#include <poll.h>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace snoop::test {

Reader::Reader(Fd out, Fd err, int pidfd) : out_fd_(std::move(out)), err_fd_(std::move(err)), pidfd_(pidfd)
{
    std::tie(wake_out_, wake_in_) = make_pipe();
    thread_ = std::thread([this] { read_all(); });
}

Reader::~Reader()
{
    wake_in_.reset();
    thread_.join();
}

bool Reader::take(int fd, std::string &to)
{
    std::vector<char> buffer(1 << 16);
    pollfd one{fd, POLLIN, 0};

    while (poll(&one, 1, 0) > 0) {
        const ssize_t n = read(fd, buffer.data(), buffer.size());
        if (n <= 0)
            return false;
        const std::lock_guard lock{mutex_};
        to.append(buffer.data(), static_cast<std::size_t>(n));
        changed_.notify_all();
    }
    return true;
}

void Reader::read_all()
{
    std::array<pollfd, 4> fds{
        {{out_fd_.get(), POLLIN, 0}, {err_fd_.get(), POLLIN, 0}, {pidfd_, POLLIN, 0}, {wake_out_.get(), POLLIN, 0}}};
    bool ended = false;

    while (!ended) {
        poll(fds.data(), fds.size(), -1);
        // If the process has ended, all its output is in the pipes by now.
        ended = fds[2].revents != 0 || (fds[3].revents & POLLHUP) != 0;
        if (fds[0].fd >= 0 && !take(fds[0].fd, out_))
            fds[0].fd = -1;
        if (fds[1].fd >= 0 && !take(fds[1].fd, err_))
            fds[1].fd = -1;
        const std::lock_guard lock{mutex_};
        if (close_asked_ && out_fd_) {
            fds[0].fd = fds[3].fd = -1;
            out_fd_.reset();
            changed_.notify_all();
        }
    }
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
}

std::string Reader::out()
{
    const std::lock_guard lock{mutex_};
    return out_;
}

std::string Reader::err()
{
    const std::lock_guard lock{mutex_};
    return err_;
}

std::optional<std::string> Reader::line_where(const std::function<bool(const std::string &)> &is_it)
{
    const auto end = std::chrono::steady_clock::now() + limit();
    std::size_t at = 0;
    std::unique_lock lock{mutex_};

    for (;;) {
        for (std::size_t stop = 0; (stop = out_.find('\n', at)) != std::string::npos; at = stop + 1)
            if (std::string line = out_.substr(at, stop - at); is_it(line))
                return line;
        if (ended_ || changed_.wait_until(lock, end) == std::cv_status::timeout)
            return std::nullopt;
    }
}

bool Reader::wait_err(std::string_view text)
{
    std::unique_lock lock{mutex_};
    const auto came = [&] { return err_.find(text) != std::string::npos; };

    changed_.wait_for(lock, limit(), [&] { return ended_ || came(); });
    return came();
}

void Reader::wait_end()
{
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return ended_; });
}

void Reader::close_out()
{
    std::unique_lock lock{mutex_};

    close_asked_ = true;
    [[maybe_unused]] const ssize_t n = write(wake_in_.get(), "c", 1);
    changed_.wait(lock, [&] { return ended_ || !out_fd_; });
}

} // namespace snoop::test
