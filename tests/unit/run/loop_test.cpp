// SPDX-License-Identifier: BSD-2-Clause
#include "run/loop.hpp"

#include <gtest/gtest.h>

namespace snoop {
namespace {

TEST(Loop, PassedDeadlineStopsAtOnce)
{
    Loop loop;

    loop.end_after(-1);
    loop.wait(std::nullopt); // if it fails, this test hangs
    EXPECT_TRUE(loop.stopped());
}

TEST(Loop, LimitDoesNotStopTheLoop)
{
    Loop loop;

    loop.end_after(3600);
    loop.wait(std::chrono::milliseconds{1});
    EXPECT_FALSE(loop.stopped());
}

} // namespace
} // namespace snoop
