// SPDX-License-Identifier: BSD-2-Clause
#include "base/write.hpp"
#include "base/stop.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace snoop {

std::size_t write_all(int fd, const void *data, std::size_t size)
{
    const auto *bytes = static_cast<const char *>(data);
    std::size_t done = 0;

    while (done < size) {
        const ssize_t n = write(fd, bytes + done, size - done);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        const bool is_full = n < 0 && errno == EAGAIN;
        if (n == 0)
            errno = ENOSPC;
        if (n == 0 || (!is_full && errno != EINTR))
            break;
        if (stop::overdue()) {
            errno = EINTR;
            break;
        }
        if (is_full) { // another process made the pipe non-blocking
            pollfd ready{fd, POLLOUT, 0};
            poll(&ready, 1, -1);
        }
    }
    return done;
}

} // namespace snoop
