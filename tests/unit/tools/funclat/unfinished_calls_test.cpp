// SPDX-License-Identifier: BSD-2-Clause
// How a call ended, from its frame and its thread's last stack pointer. Stacks grow down.
#include "funclat/unfinished_calls.hpp"

#include <gtest/gtest.h>

namespace snoop::funclat {
namespace {

constexpr std::uint64_t frame = 0x7ffc'0000'1000;

CallState state(std::uint64_t sp, bool has_ended) { return state_of({0, frame, 1, 0}, {sp, 1, has_ended, 0}); }

TEST(CallState, AThreadBelowTheFrameIsInsideTheCall)
{
    EXPECT_EQ(state(frame, false), CallState::in_flight);
    EXPECT_EQ(state(frame - 4096, false), CallState::in_flight);
    EXPECT_EQ(state(frame, true), CallState::ended);
    EXPECT_EQ(state(frame - 4096, true), CallState::ended);
}

TEST(CallState, AThreadAboveTheFrameHasLeftTheCall)
{
    EXPECT_EQ(state(frame + 8, false), CallState::unwound);
    EXPECT_EQ(state(frame + 4096, true), CallState::unwound);
}

TEST(CallState, AFarFrameIsOnAnotherStack)
{
    EXPECT_EQ(state(frame + (1 << 20), false), CallState::in_flight);
    EXPECT_EQ(state(frame + (1 << 20), true), CallState::ended);
    EXPECT_EQ(state(frame - (1 << 20), true), CallState::ended);
}

// Its frame is a distance, which cannot be compared with a stack pointer.
TEST(CallState, AGoroutineIsInFlightUntilTheProcessEnds)
{
    constexpr funclat_call_key call{0xc000'0000, 64, 1, 0};

    EXPECT_EQ(state_of(call, {frame, 1, false, 0}), CallState::in_flight);
    EXPECT_EQ(state_of(call, {frame, 1, true, 0}), CallState::unwound);
}

} // namespace
} // namespace snoop::funclat
