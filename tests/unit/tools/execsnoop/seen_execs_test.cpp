// SPDX-License-Identifier: BSD-2-Clause
// The execs that are remembered, so that a program knows whether its parent's row was printed.
#include "execsnoop/seen_execs.hpp"

#include <gtest/gtest.h>

namespace snoop::execsnoop {
namespace {

TEST(SeenExecs, RemembersTheLastOnes)
{
    SeenExecs seen{4};

    EXPECT_FALSE(seen.has(1));
    for (std::uint64_t id = 1; id <= 8; id++)
        seen.add(id);
    for (std::uint64_t id = 5; id <= 8; id++)
        EXPECT_TRUE(seen.has(id)) << id;
    for (std::uint64_t id = 9; id <= 16; id++)
        seen.add(id);
    EXPECT_FALSE(seen.has(1));
}

TEST(SeenExecs, RemembersWhatIsAskedFor)
{
    SeenExecs seen{4};

    seen.add(1);
    for (std::uint64_t id = 2; id <= 100; id++) {
        seen.add(id);
        EXPECT_TRUE(seen.has(1)) << id;
    }
    EXPECT_FALSE(seen.has(2));
}

} // namespace
} // namespace snoop::execsnoop
