// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/system.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <mntent.h>
#include <unistd.h>
#include <zlib.h>

namespace snoop::kernel {

std::string setting(const char *path)
{
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<std::string> build_config()
{
    utsname name{};

    uname(&name);
    for (const auto &path : {std::string{"/proc/config.gz"}, fmt::format("/boot/config-{}", name.release)}) {
        // gzread() returns a file that is not compressed as it is.
        const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
        std::string text;
        std::array<char, 4096> part{};
        for (int n = 0; file && (n = gzread(file.get(), part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(n));
        if (!text.empty())
            return text;
    }
    return std::nullopt;
}

std::optional<std::string> mount_of(std::string_view type)
{
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent("/proc/self/mounts", "r"), endmntent};
    if (!mounts)
        return std::nullopt;
    while (const mntent *entry = getmntent(mounts.get()))
        if (type == entry->mnt_type)
            return entry->mnt_dir;
    return std::nullopt;
}

std::optional<std::string> cgroup2_mount() { return mount_of("cgroup2"); }

std::optional<std::string> tracefs()
{
    // The paths that libbpf tries, in the same order. access(2) would ignore capabilities.
    for (const char *path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
        if (faccessat(AT_FDCWD, (std::string{path} + "/events/syscalls").c_str(), R_OK | X_OK, AT_EACCESS) == 0)
            return path;
    return std::nullopt;
}

const char *lack_of_tracefs()
{
    if (access("/sys/kernel/tracing/events", F_OK) != 0 && errno == EACCES)
        return "tracefs is readable by root alone: this takes CAP_DAC_READ_SEARCH, too";
    return "tracefs is not mounted (`mount -t tracefs tracefs /sys/kernel/tracing`)";
}

std::uint32_t pid_namespace()
{
    constexpr ino_t first = 0xeffffffc; // PROC_PID_INIT_INO, include/linux/proc_ns.h
    struct stat about {};

    return stat("/proc/self/ns/pid", &about) == 0 && about.st_ino != first ? static_cast<std::uint32_t>(about.st_ino)
                                                                           : 0;
}

std::uint32_t own_user_namespace()
{
    constexpr std::uint32_t first = 0xeffffffd; // PROC_USER_INIT_INO, include/linux/proc_ns.h
    struct stat about {};

    return stat("/proc/self/ns/user", &about) == 0 ? static_cast<std::uint32_t>(about.st_ino) : first;
}

std::int64_t clock_ns(int clock)
{
    timespec now{};

    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// A process that loses its CPU between the clocks would be wrong by as long as it waits: the closest readings count.
std::int64_t wall_offset_ns(int clock)
{
    std::int64_t offset = 0, least = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        const std::int64_t before = clock_ns(clock), wall = clock_ns(CLOCK_REALTIME), took = clock_ns(clock) - before;
        if (took < least) {
            least = took;
            offset = wall - before - took / 2;
        }
    }
    return offset;
}

} // namespace snoop::kernel
