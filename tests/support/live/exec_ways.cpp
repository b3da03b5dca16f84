// SPDX-License-Identifier: BSD-2-Clause
#include "exec_ways.hpp"

#include "process.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {

int exec_ve(const std::string &path, const Args &argv)
{
    char *const no_env[] = {nullptr};

    execve(path.c_str(), pointers(argv).data(), no_env);
    return errno;
}

int exec_at(int dirfd, const std::string &path, const Args &argv, int flags)
{
    char *const no_env[] = {nullptr};

    syscall(SYS_execveat, dirfd, path.c_str(), pointers(argv).data(), no_env, flags);
    return errno;
}

int exec_in_thread(const std::string &path, const Args &argv, int tid_to)
{
    int err = 0;
    std::thread other([&] {
        const auto tid = static_cast<pid_t>(syscall(SYS_gettid));

        err = write(tid_to, &tid, sizeof(tid)) == sizeof(tid) ? exec_ve(path, argv) : errno;
    });

    other.join();
    return err;
}

int exec_32bit([[maybe_unused]] const std::string &path, [[maybe_unused]] const Args &argv)
{
#if defined(__x86_64__)
    constexpr std::size_t bytes = 1 << 20;
    auto *low = static_cast<char *>(
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    if (low == MAP_FAILED)
        return errno;
    char *at = low + 65536; // pointers first, strings behind them
    const auto put = [&](const std::string &text) {
        std::memcpy(at, text.c_str(), text.size() + 1);
        const auto address = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(at));
        at += text.size() + 1;
        return address;
    };
    auto *vector = reinterpret_cast<std::uint32_t *>(low);
    const auto vector_at = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(low));
    for (const auto &arg : argv)
        *vector++ = put(arg);
    *vector = 0;
    long result = 11; // __NR_execve of i386
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(put(path)), "c"(vector_at), "d"(0)
                 : "memory", "r8", "r9", "r10", "r11");
    return static_cast<int>(-result);
#else
    return ENOSYS;
#endif
}

int memory_file(const char *name, const std::string &bytes)
{
    const int fd = static_cast<int>(syscall(SYS_memfd_create, name, 0u));

    return fd >= 0 && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) ? fd : -1;
}

} // namespace snoop::test
