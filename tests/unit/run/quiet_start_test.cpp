// SPDX-License-Identifier: BSD-2-Clause
// The line about a start without rows. tests/live/execsnoop/terminal.cpp sees it on a terminal.
#include "run/quiet_start.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace snoop {
namespace {

TEST(QuietStart, NamesTheFilters)
{
    CommonOptions options;

    EXPECT_EQ(QuietStart::text(options, 0), "no event in 5 s; no filter is set");
    options.given_filters = "--uid 1000, --failed";
    EXPECT_EQ(QuietStart::text(options, 312),
              "no event matched in 5 s; filters: --uid 1000, --failed; events filtered out: 312");
    options.command = {"make", "test"};
    EXPECT_EQ(QuietStart::text(options, 1), "no event matched in 5 s; filters: --uid 1000, --failed, only make and its "
                                            "descendants; events filtered out: 1");
    options.given_filters.clear();
    EXPECT_EQ(QuietStart::text(options, 1),
              "no event matched in 5 s; filters: only make and its descendants; events filtered out: 1");
}

TEST(QuietStart, IsNotWatchedWithoutATerminal)
{
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    QuietStart start{null};

    EXPECT_EQ(start.at_most(std::nullopt), std::nullopt);
    EXPECT_EQ(start.at_most(std::chrono::milliseconds{100}), std::chrono::milliseconds{100});
    EXPECT_FALSE(start.is_over(0));
    close(null);
}

} // namespace
} // namespace snoop
