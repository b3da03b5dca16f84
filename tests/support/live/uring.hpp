// SPDX-License-Identifier: BSD-2-Clause
// An io_uring that opens files.
//     Uring ring{8};
//     ring.add({.path = "/etc/passwd"}, {.async = true});
//     ring.submit(1);                              // and waits for one completion
//     const std::optional<int> fd = ring.result(); // or -errno
#pragma once

#include "open_ways.hpp"

#include "base/fd.hpp"

#include <linux/openat2.h>

#include <cstddef>
#include <deque>
#include <optional>

struct io_uring_sqe;

namespace snoop::test {

class Uring {
public:
    struct How {
        bool two = false;   // OPENAT2
        bool async = false; // by a kernel worker
        bool quiet = false; // no completion on success (5.17)
    };

    // A ring of `entries`, a power of two; polled: a thread of the kernel's submits. false if the kernel refuses;
    // then errno says why.
    explicit Uring(unsigned entries, bool polled = false);
    ~Uring();
    Uring(const Uring &) = delete;
    Uring &operator=(const Uring &) = delete;
    explicit operator bool() const { return static_cast<bool>(fd_); }

    void add(Opening opening, How how);
    // Submits what was added, and waits for so many completions. Returns how many
    // it took, or -errno.
    int submit(unsigned complete = 0);
    // The result of the next completion; nullopt if there is none.
    std::optional<int> result();

private:
    snoop::Fd fd_;
    bool polled_;
    char *sq_ = nullptr, *cq_ = nullptr;
    std::size_t sq_bytes_ = 0, cq_bytes_ = 0, sqe_bytes_ = 0;
    io_uring_sqe *sqes_ = nullptr;
    unsigned sq_tail_at_ = 0, sq_array_at_ = 0, cq_head_at_ = 0, cq_tail_at_ = 0, cqes_at_ = 0;
    unsigned sq_mask_ = 0, cq_mask_ = 0, added_ = 0, tail_ = 0;
    // Read by the kernel at submission.
    std::deque<Opening> openings_;
    std::deque<open_how> hows_;
};

} // namespace snoop::test
