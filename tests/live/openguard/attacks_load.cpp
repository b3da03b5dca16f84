// SPDX-License-Identifier: BSD-2-Clause
// Attacks under load: storms of processes and threads, little memory, signals, delayed page faults.
#include "openguard/attack.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

// Many processes at once; the parent waits for the last one.
int storms(const Arena &a)
{
    constexpr int processes = 16;
    int err = EAGAIN;

    for (int i = 0; i < processes; i++)
        if (fork() == 0)
            _exit(reads(a.secret));
    for (int status = 0; waitpid(-1, &status, 0) > 0;)
        err = err ? WEXITSTATUS(status) : 0;
    return err;
}

int opens_in_threads(const Arena &a)
{
    std::array<int, 8> errors{};
    std::vector<std::thread> threads;

    for (int &err : errors)
        threads.emplace_back([&] { err = reads(a.secret); });
    for (std::thread &thread : threads)
        thread.join();
    for (const int err : errors)
        if (err == 0)
            return 0;
    return errors[0];
}

// Signals interrupt the calls.
int opens_under_signals(const Arena &a)
{
    signal(SIGALRM, [](int) {});
    const itimerval often{{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &often, nullptr);
    int err = 0;
    for (int i = 0; i < 20 && (i == 0 || err); i++)
        err = reads(a.secret);
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    return err;
}

// Files that leave the guarded directory take the programs' memory; then the secret leaves.
int leaves_after_many(const Arena &a)
{
    for (int i = 0; i < 100; i++) {
        const std::string name = fmt::format("/f{}", i);
        mknod((a.inner + name).c_str(), S_IFREG | 0600, 0);
        tell(rename((a.inner + name).c_str(), (a.out + name).c_str()));
    }
    const std::string name = a.outside("left");
    int err = tell(rename(a.secret.c_str(), name.c_str()));
    if (!err) {
        err = reads(name);
        rename(name.c_str(), a.secret.c_str());
    }
    for (int i = 0; i < 100; i++)
        unlink(a.outside(fmt::format("f{}", i)).c_str());
    return err;
}

// Takes all memory of the machine but a little, and gives it back.
void presses_memory(const Arena &)
{
    constexpr long left_kib = 96 * 1024;
    char line[256];
    long available = 0;

    FILE *file = fopen("/proc/meminfo", "re");
    while (file && fgets(line, sizeof(line), file) && sscanf(line, "MemAvailable: %ld", &available) != 1) {}
    if (file)
        fclose(file);
    if (available <= left_kib)
        return;
    const auto bytes = static_cast<std::size_t>(available - left_kib) * 1024;
    void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (at != MAP_FAILED)
        munmap(at, bytes);
}

// The page with the path comes only when the directory has moved: while the kernel waits for it, the call has begun.
int opens_delayed_path(const Arena &a)
{
    const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const int faults = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC));
    uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};

    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0)
        return errno;
    auto *page = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    const auto at = reinterpret_cast<std::uintptr_t>(page);
    uffdio_register area{.range = {at, size}, .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
    if (page == MAP_FAILED || ioctl(faults, UFFDIO_REGISTER, &area) != 0)
        return errno;

    std::vector<char> content(size);
    a.outside("inner/secret").copy(content.data(), size - 1);
    std::thread delays{[&] {
        uffd_msg fault{};
        if (read(faults, &fault, sizeof(fault)) != sizeof(fault))
            return;
        tell(rename(a.inner.c_str(), a.outside("inner").c_str()));
        uffdio_copy copy{
            .dst = at, .src = reinterpret_cast<std::uintptr_t>(content.data()), .len = size, .mode = 0, .copy = 0};
        ioctl(faults, UFFDIO_COPY, &copy);
    }};
    const int err = reads(open(page, O_RDONLY | O_CLOEXEC));
    delays.join();
    rename(a.outside("inner").c_str(), a.inner.c_str());
    munmap(page, size);
    close(faults);
    return err;
}

} // namespace

std::vector<Attack> loads()
{
    return {
        {.name = "fork_storm", .attempt = storms},
        {.name = "threads", .attempt = opens_in_threads},
        {.name = "signals", .attempt = opens_under_signals},
        {.name = "many_files_leave", .attempt = leaves_after_many},
        {.name = "little_memory", .attempt = leaves_after_many, .rival = presses_memory, .needs = Hook::alone},
        {.name = "path_comes_late",
         .attempt = opens_delayed_path,
         .needs = Hook::uffd,
         .keeps = 1u << CAP_SYS_PTRACE}, // without it userfaultfd(2) serves no faults of the kernel
    };
}

} // namespace snoop::test
