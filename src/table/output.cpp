// SPDX-License-Identifier: BSD-2-Clause
#include "table/output.hpp"
#include "base/error.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace snoop {

std::optional<std::size_t> Output::terminal_columns() const noexcept
{
    winsize window{};

    if (ioctl(fd_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
        return std::nullopt;
    return window.ws_col;
}

void Output::flush()
{
    const char *at = buffer_.data();
    std::size_t left = closed_ ? 0 : buffer_.size();

    while (left > 0) {
        const ssize_t n = write(fd_, at, left);
        if (n >= 0) {
            at += n;
            left -= static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) { // another process made the pipe non-blocking
            pollfd ready{fd_, POLLOUT, 0};
            poll(&ready, 1, -1);
        } else if (errno == EPIPE) {
            closed_ = true;
            break;
        } else if (errno != EINTR) {
            const int err = errno;
            buffer_.clear();
            throw Error{exit_runtime, "cannot write to stdout: {}", describe_errno(err)};
        }
    }
    buffer_.clear();
}

} // namespace snoop
