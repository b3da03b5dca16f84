// SPDX-License-Identifier: BSD-2-Clause
// Facts about the running system: mounted file systems, kernel settings, clocks.
//     kernel::setting("/proc/sys/kernel/perf_event_paranoid");   // "2"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::kernel {

// The first line of a file in /proc or /sys; empty if it cannot be read.
std::string setting(const char *path);

// The kernel's build configuration, lines of CONFIG_X=y, each after a newline; nothing if
// neither /proc/config.gz nor /boot/config-RELEASE can be read.
std::optional<std::string> build_config();

// The mount point of the first file system of this type.
std::optional<std::string> mount_of(std::string_view type);

// The mount point of cgroup v2: "/sys/fs/cgroup", "/sys/fs/cgroup/unified".
std::optional<std::string> cgroup2_mount();

// The directory of the trace events, "/sys/kernel/tracing"; nothing if tracefs is not mounted
// or this user cannot read it.
std::optional<std::string> tracefs();

// Why it is nothing, and what to do.
const char *lack_of_tracefs();

// The inode number of this process's pid namespace; 0 if that is the first one, or /proc is not mounted.
std::uint32_t pid_namespace();

// The inode number of this process's user namespace; that of the first one if /proc is not mounted.
std::uint32_t own_user_namespace();

// The time of a clock (CLOCK_…) in nanoseconds.
std::int64_t clock_ns(int clock);

// The number that turns a time of this clock into nanoseconds since 1970 when it is added.
std::int64_t wall_offset_ns(int clock);

} // namespace snoop::kernel
