// SPDX-License-Identifier: BSD-2-Clause
#include "open_ways.hpp"

#include "uring.hpp"

#include "base/fd.hpp"

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
        has_dirfd     ? std::array<std::uint32_t, 4>{static_cast<std::uint32_t>(opening.dirfd), at, flags, opening.mode}
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

int open_by_uring(const Opening &opening, bool two, bool async, bool polled)
{
    Uring ring{1, polled};
    if (!ring)
        return -errno;
    ring.add(opening, {.two = two, .async = async});
    return ring.submit(1) == 1 ? ring.result().value_or(-EIO) : -EIO;
}

} // namespace snoop::test
