// SPDX-License-Identifier: BSD-2-Clause
// Values of command-line options: sizes, times, counts, process IDs, errors. Each function throws
// Error (exit 2) with a message that names `option` and says what to give instead.
//     const std::uint64_t bytes = parse_size("--ring-size", "256K");
#pragma once

#include <cstdint>
#include <string_view>

namespace snoop {

// "4096", "256K", "4M", "1G" in bytes.
std::uint64_t parse_size(std::string_view option, std::string_view text);

// Seconds above 0; fractions are fine.
double parse_seconds(std::string_view option, std::string_view text);

// "250ns", "1.5us", "10ms", "2s" in nanoseconds, at least 1.
std::uint64_t parse_time_ns(std::string_view option, std::string_view text);

// A number from 1 to `most`.
std::uint64_t parse_count(std::string_view option, std::string_view text, std::uint64_t most = UINT64_MAX);

// A process ID, from 1 to 4194304 (PID_MAX_LIMIT of include/linux/threads.h).
std::uint32_t parse_pid(std::string_view option, std::string_view text);
// Likewise a thread ID.
std::uint32_t parse_tid(std::string_view option, std::string_view text);

// An error by its name in any case, such as ENOENT, or by its number up to 4095; 0 is success.
std::uint32_t parse_errno(std::string_view option, std::string_view text);

} // namespace snoop
