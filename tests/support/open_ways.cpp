// SPDX-License-Identifier: BSD-2-Clause
#include "open_ways.hpp"

#include <snoop/fd.hpp>

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace snoop::test {
namespace {

int result(long ret) { return ret < 0 ? -errno : static_cast<int>(ret); }

int by_handle(const Opening &opening)
{
    alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> space{};
    auto *handle = reinterpret_cast<file_handle *>(space.data());
    int mount = 0;

    handle->handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(AT_FDCWD, opening.path.c_str(), handle, &mount, 0) != 0)
        return -errno;
    return result(open_by_handle_at(opening.dirfd, handle, opening.flags));
}

int by_32bit([[maybe_unused]] long number, [[maybe_unused]] const std::string &path, [[maybe_unused]] bool has_dirfd,
             [[maybe_unused]] const Opening &opening)
{
#if defined(__x86_64__)
    auto *low = static_cast<char *>(
        mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    if (low == MAP_FAILED)
        return -errno;
    std::memcpy(low, path.c_str(), path.size() + 1);
    const auto at = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(low));
    const auto flags = static_cast<std::uint32_t>(opening.flags);
    long ret = number;
    const std::array<std::uint32_t, 4> a =
        has_dirfd ? std::array<std::uint32_t, 4>{static_cast<std::uint32_t>(opening.dirfd), at, flags, opening.mode}
        : number == 8 ? std::array<std::uint32_t, 4>{at, opening.mode, 0, 0}
                      : std::array<std::uint32_t, 4>{at, flags, opening.mode, 0};
    asm volatile("int $0x80"
                 : "+a"(ret)
                 : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3])
                 : "memory", "r8", "r9", "r10", "r11");
    munmap(low, 8192);
    return static_cast<int>(ret);
#else
    return -ENOSYS;
#endif
}

} // namespace

int open_call(Opener opener, const Opening &opening)
{
    const char *path = opening.raw ? opening.raw : opening.path.c_str();

    switch (opener) {
#if defined(SYS_open)
    case Opener::open: return result(syscall(SYS_open, path, opening.flags, opening.mode));
    case Opener::creat: return result(syscall(SYS_creat, path, opening.mode));
#else
    case Opener::open:
    case Opener::creat: return -ENOSYS;
#endif
    case Opener::openat: return result(syscall(SYS_openat, opening.dirfd, path, opening.flags, opening.mode));
    case Opener::openat2: {
        const open_how how{static_cast<std::uint64_t>(opening.flags), opening.mode, opening.resolve};
        return result(syscall(SYS_openat2, opening.dirfd, path, &how, sizeof(how)));
    }
    case Opener::handle: return by_handle(opening);
    case Opener::open32: return by_32bit(5, opening.path, false, opening);
    case Opener::creat32: return by_32bit(8, opening.path, false, opening);
    case Opener::openat32: return by_32bit(295, opening.path, true, opening);
    }
    return -EINVAL;
}

int open_by_uring(const Opening &opening, bool two, bool async)
{
    constexpr unsigned opcode_openat = IORING_OP_OPENAT, opcode_openat2 = IORING_OP_OPENAT2;
    io_uring_params params{};
    const Fd ring{static_cast<int>(syscall(SYS_io_uring_setup, 1, &params))};
    if (!ring)
        return -errno;
    const std::size_t sq_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    const std::size_t cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe);
    const auto map = [&](std::size_t bytes, off_t offset) {
        return static_cast<char *>(
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.get(), offset));
    };
    char *sq = map(sq_bytes, IORING_OFF_SQ_RING), *cq = map(cq_bytes, IORING_OFF_CQ_RING);
    auto *sqe = reinterpret_cast<io_uring_sqe *>(map(sizeof(io_uring_sqe), IORING_OFF_SQES));
    const open_how how{static_cast<std::uint64_t>(opening.flags), opening.mode, opening.resolve};

    std::memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = two ? opcode_openat2 : opcode_openat;
    sqe->flags = async ? IOSQE_ASYNC : 0;
    sqe->fd = opening.dirfd;
    sqe->addr = reinterpret_cast<std::uintptr_t>(opening.raw ? opening.raw : opening.path.c_str());
    if (two) {
        sqe->len = sizeof(how);
        sqe->off = reinterpret_cast<std::uintptr_t>(&how);
    } else {
        sqe->len = opening.mode;
        sqe->open_flags = static_cast<unsigned>(opening.flags);
    }
    *reinterpret_cast<unsigned *>(sq + params.sq_off.array) = 0;
    __atomic_store_n(reinterpret_cast<unsigned *>(sq + params.sq_off.tail), 1, __ATOMIC_RELEASE);
    int ret = -EIO;
    if (syscall(SYS_io_uring_enter, ring.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) == 1 &&
        __atomic_load_n(reinterpret_cast<unsigned *>(cq + params.cq_off.tail), __ATOMIC_ACQUIRE) == 1)
        ret = reinterpret_cast<io_uring_cqe *>(cq + params.cq_off.cqes)->res;
    munmap(sq, sq_bytes);
    munmap(cq, cq_bytes);
    munmap(sqe, sizeof(*sqe));
    return ret;
}

} // namespace snoop::test
