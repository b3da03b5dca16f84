// SPDX-License-Identifier: BSD-2-Clause
// Buffered output of rows, written once after every drain of the ring buffer: a pipe gets a
// row within milliseconds, and many events at a time cost one write().
//     Output out{STDOUT_FILENO};
//     columns.put_row(out.buffer(), row);
//     out.flush();
#pragma once

#include "base/escape.hpp"

#include <cstddef>

namespace snoop {

class Output {
public:
    explicit Output(int fd) noexcept : fd_(fd) {}

    [[nodiscard]] int fd() const noexcept { return fd_; }
    // Before the first flush().
    void write_to(int fd) noexcept { fd_ = fd; }
    Buffer &buffer() noexcept { return buffer_; }

    // True once stdout is closed (EPIPE) or stuck; from then on, output is dropped.
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    // True once a signal has ended the tool while nobody read the pipe.
    [[nodiscard]] bool stuck() const noexcept { return stuck_; }
    // The lines that the last flush() did not write, or not whole.
    [[nodiscard]] std::size_t unwritten_lines() const noexcept { return unwritten_lines_; }

    // Writes the buffer and clears it. Throws Error (exit 1) on any failure except these two.
    void flush();

private:
    int fd_;
    bool closed_ = false, stuck_ = false;
    std::size_t unwritten_lines_ = 0;
    Buffer buffer_;
};

} // namespace snoop
