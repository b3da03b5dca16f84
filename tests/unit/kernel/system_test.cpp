// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/system.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <functional>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::function<std::int64_t(clockid_t)> clocks; // instead of the kernel's

} // namespace

// The library calls this one, and so does everything else in this program.
extern "C" int clock_gettime(clockid_t clock, timespec *now) noexcept
{
    if (!clocks)
        return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
    const std::int64_t ns = clocks(clock);
    *now = {ns / 1'000'000'000, ns % 1'000'000'000};
    return 0;
}

namespace {

// The process loses its CPU for 30 ms between two of the readings, whichever they are.
TEST(System, WallOffsetOfAProcessThatHadToWait)
{
    constexpr std::int64_t offset = 1'700'000'000'000'000'000;

    for (int late = 1; late <= 15; late++) {
        std::int64_t ns = 5'000'000'000;
        int readings = 0;
        clocks = [&](clockid_t clock) {
            ns += ++readings == late ? 30'000'000 : 40;
            return clock == CLOCK_REALTIME ? ns + offset : ns;
        };
        const std::int64_t found = snoop::kernel::wall_offset_ns(CLOCK_BOOTTIME);
        clocks = nullptr;
        EXPECT_NEAR(static_cast<double>(found - offset), 0, 100) << late;
    }
}

} // namespace
