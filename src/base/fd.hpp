// SPDX-License-Identifier: BSD-2-Clause
// A file descriptor that closes itself.
//     snoop::Fd fd{open(path, O_RDONLY | O_CLOEXEC)};
//     if (!fd) throw …;
#pragma once

#include <unistd.h>

#include <utility>

namespace snoop {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    void reset() noexcept
    {
        if (fd_ >= 0)
            close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

} // namespace snoop
