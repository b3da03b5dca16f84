// SPDX-License-Identifier: BSD-2-Clause
// Where rows go: a buffer that is written whole after every drain, so that a pipe
// sees a row within milliseconds and a flood costs one write per drain.
//     Output out{STDOUT_FILENO};
//     columns.put_row(out.buffer(), row);
//     out.flush();
#pragma once

#include "base/escape.hpp"

namespace snoop {

class Output {
public:
    explicit Output(int fd) noexcept : fd_(fd) {}

    [[nodiscard]] int fd() const noexcept { return fd_; }
    Buffer &buffer() noexcept { return buffer_; }

    // True once the reader of the pipe has gone; what is added then is dropped.
    [[nodiscard]] bool closed() const noexcept { return closed_; }

    // Writes what the buffer holds. Throws Error (exit 1) on any failure but EPIPE.
    void flush();

private:
    int fd_;
    bool closed_ = false;
    Buffer buffer_;
};

} // namespace snoop
