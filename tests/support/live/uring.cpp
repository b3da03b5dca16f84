// SPDX-License-Identifier: BSD-2-Clause
#include "uring.hpp"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

constexpr unsigned cqe_skip_success = 1u << 6; // IOSQE_CQE_SKIP_SUCCESS, missing in older headers

unsigned &number_at(char *ring, unsigned at) { return *reinterpret_cast<unsigned *>(ring + at); }

} // namespace

Uring::Uring(unsigned entries, bool polled) : polled_(polled)
{
    io_uring_params params{};

    params.flags = polled ? IORING_SETUP_SQPOLL : 0;
    fd_ = snoop::Fd{static_cast<int>(syscall(SYS_io_uring_setup, entries, &params))};
    if (!fd_)
        return;
    const auto map = [&](std::size_t bytes, off_t offset) {
        return static_cast<char *>(
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), offset));
    };
    sq_bytes_ = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    cq_bytes_ = params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe);
    sqe_bytes_ = params.sq_entries * sizeof(io_uring_sqe);
    sq_ = map(sq_bytes_, IORING_OFF_SQ_RING);
    cq_ = map(cq_bytes_, IORING_OFF_CQ_RING);
    sqes_ = reinterpret_cast<io_uring_sqe *>(map(sqe_bytes_, IORING_OFF_SQES));
    sq_tail_at_ = params.sq_off.tail;
    sq_array_at_ = params.sq_off.array;
    cq_head_at_ = params.cq_off.head;
    cq_tail_at_ = params.cq_off.tail;
    cqes_at_ = params.cq_off.cqes;
    sq_mask_ = params.sq_entries - 1;
    cq_mask_ = params.cq_entries - 1;
}

Uring::~Uring()
{
    if (!fd_)
        return;
    munmap(sq_, sq_bytes_);
    munmap(cq_, cq_bytes_);
    munmap(sqes_, sqe_bytes_);
}

void Uring::add(Opening one, How how)
{
    const Opening &opening = openings_.emplace_back(std::move(one));
    const unsigned at = tail_ & sq_mask_;
    io_uring_sqe &sqe = sqes_[at];

    std::memset(&sqe, 0, sizeof(sqe));
    sqe.opcode = how.two ? IORING_OP_OPENAT2 : IORING_OP_OPENAT;
    sqe.flags = static_cast<std::uint8_t>((how.async ? IOSQE_ASYNC : 0u) | (how.quiet ? cqe_skip_success : 0u));
    sqe.fd = opening.dirfd;
    sqe.addr = reinterpret_cast<std::uintptr_t>(opening.raw ? opening.raw : opening.path.c_str());
    if (how.two) {
        hows_.push_back({static_cast<std::uint64_t>(opening.flags), opening.mode, opening.resolve});
        sqe.len = sizeof(open_how);
        sqe.off = reinterpret_cast<std::uintptr_t>(&hows_.back());
    } else {
        sqe.len = opening.mode;
        sqe.open_flags = static_cast<unsigned>(opening.flags);
    }
    reinterpret_cast<unsigned *>(sq_ + sq_array_at_)[at] = at;
    __atomic_store_n(&number_at(sq_, sq_tail_at_), ++tail_, __ATOMIC_RELEASE);
    added_++;
}

int Uring::submit(unsigned complete)
{
    const unsigned flags = (complete ? IORING_ENTER_GETEVENTS : 0u) | (polled_ ? IORING_ENTER_SQ_WAKEUP : 0u);
    const long taken = syscall(SYS_io_uring_enter, fd_.get(), added_, complete, flags, nullptr, 0);

    if (taken < 0)
        return -errno;
    added_ -= static_cast<unsigned>(taken);
    hows_.clear();
    openings_.clear();
    return static_cast<int>(taken);
}

std::optional<int> Uring::result()
{
    unsigned &head = number_at(cq_, cq_head_at_);

    if (head == __atomic_load_n(&number_at(cq_, cq_tail_at_), __ATOMIC_ACQUIRE))
        return std::nullopt;
    const int ret = reinterpret_cast<const io_uring_cqe *>(cq_ + cqes_at_)[head & cq_mask_].res;
    __atomic_store_n(&head, head + 1, __ATOMIC_RELEASE);
    return ret;
}

} // namespace snoop::test
