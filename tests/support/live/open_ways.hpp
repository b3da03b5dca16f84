// SPDX-License-Identifier: BSD-2-Clause
// Ways to open a file, each by its own system call. All return a descriptor, or
// -errno; -ENOSYS where this machine has no such call.
//     const int fd = open_call(Opener::creat, {.path = path, .mode = 0600});
#pragma once

#include <cstdint>
#include <fcntl.h>
#include <string>

namespace snoop::test {

enum class Opener { open, openat, openat2, creat, handle, open32, openat32, creat32 };

struct Opening {
    std::string path{};
    int flags = O_RDONLY;
    unsigned mode = 0;
    int dirfd = AT_FDCWD;      // for calls that take one; with a handle, a descriptor on its mount
    std::uint64_t resolve = 0; // of openat2
    const char *raw = nullptr; // this address instead of path
};

// 32-bit calls are made by `int $0x80` from this 64-bit program; see Hook::ia32.
int open_call(Opener opener, const Opening &opening);

// Opens by io_uring, in a ring of its own: OPENAT, or OPENAT2 with `two`; `async` asks for a
// kernel worker; `polled` has a thread of the kernel's submit the request.
int open_by_uring(const Opening &opening, bool two, bool async, bool polled = false);

} // namespace snoop::test
