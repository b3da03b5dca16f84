// SPDX-License-Identifier: BSD-2-Clause
// From the command down to the process that failed first.
#include "rows.hpp"
#include "snoop-why/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snoop::snoop_why {
namespace {

using testing::ElementsAre;

// The pids of a chain.
std::vector<std::uint32_t> pids_of(Rows &rows, std::uint32_t pid = 0)
{
    std::vector<std::uint32_t> pids;
    const Forest &forest = rows.forest();
    const auto root = find_root(forest, pid);

    if (!root)
        return pids;
    for (const std::size_t each : chain_from(forest, *root))
        pids.push_back(forest.programs()[each].pid);
    return pids;
}

TEST(WhyChain, FollowsTheStatusDown)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 4});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"grep"}, .exit_code = 1, .duration_ns = 50});
    rows.exec({.id = 3, .parent = 1, .pid = 12, .args = {"sh"}, .exit_code = 4, .duration_ns = 500});
    rows.exec({.id = 4, .parent = 3, .pid = 13, .args = {"tar"}, .exit_code = 4, .duration_ns = 100});
    rows.exec({.id = 5, .parent = 3, .pid = 14, .args = {"rm"}, .exit_code = 0, .duration_ns = 100});
    EXPECT_THAT(pids_of(rows), ElementsAre(10, 12, 13));
}

TEST(WhyChain, AShellGoesOnAfterACommandThatFails)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 3});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"grep"}, .exit_code = 1, .duration_ns = 50});
    rows.exec({.id = 3, .parent = 1, .pid = 12, .args = {"echo"}, .exit_code = 0, .duration_ns = 50});
    EXPECT_THAT(pids_of(rows), ElementsAre(10));
}

TEST(WhyChain, OtherProgramsHaveStatusesOfTheirOwn)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"make"}, .exit_code = 2});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"cc"}, .exit_code = 1, .duration_ns = 50});
    rows.exec({.id = 3, .parent = 1, .pid = 12, .args = {"cc"}, .exit_code = 0, .duration_ns = 500});
    EXPECT_THAT(pids_of(rows), ElementsAre(10, 11));
}

TEST(WhyChain, ASignalIsPassedOnAsAStatus)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 139});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"tool"}, .signal = "SIGSEGV", .duration_ns = 50});
    EXPECT_THAT(pids_of(rows), ElementsAre(10, 11));
}

TEST(WhyChain, WhatWasKilledDidNotPassOnAStatus)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"timeout"}, .exit_code = 124});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"cron"}, .signal = "SIGTERM"});
    rows.exec({.id = 3, .parent = 2, .pid = 12, .args = {"job"}, .exit_code = 2, .duration_ns = 50});
    EXPECT_THAT(pids_of(rows), ElementsAre(10, 11));
}

TEST(WhyChain, ACommandThatIsNotFoundLaterIsTheReason)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 127});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"grep"}, .exit_code = 127, .duration_ns = 50});
    rows.failed_exec(1, 12, "./tool", "ENOENT");
    EXPECT_THAT(pids_of(rows), ElementsAre(10));
}

TEST(WhyChain, AShellEndsWhatItStarted)
{
    Rows rows;
    const char *by_the_shell = R"(,"killed_by":{"pid":10,"comm":"sh"})";
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 3});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"server"}, .signal = "SIGTERM", .more = by_the_shell});
    EXPECT_THAT(pids_of(rows), ElementsAre(10));
}

TEST(WhyChain, KnowsWhoPassesOnAFailure)
{
    const Program child{.pid = 11, .exit_code = 1};
    const Program killed{.pid = 11, .signal = "SIGTERM", .killed_by_pid = 10};
    const Program fault{.pid = 11, .signal = "SIGSEGV", .killed_by_pid = 11};
    const Program shell{.pid = 10, .args = {"sh"}, .exit_code = 3};
    EXPECT_TRUE(passes_on({.pid = 10, .args = {"sh"}, .exit_code = 1}, child));
    EXPECT_TRUE(passes_on({.pid = 10, .args = {"/usr/bin/make"}, .exit_code = 2}, child));
    EXPECT_TRUE(passes_on({.pid = 10, .args = {"timeout"}, .exit_code = 124}, killed));
    EXPECT_TRUE(passes_on(shell, fault));
    EXPECT_FALSE(passes_on(shell, child));
    EXPECT_FALSE(passes_on(shell, killed));
}

TEST(WhyChain, FollowsAProcessToItsLastProgram)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .duration_ns = 100, .is_replaced = true});
    rows.exec({.id = 2, .parent = 1, .pid = 10, .args = {"cat"}, .exit_code = 1, .duration_ns = 50});
    const Forest &forest = rows.forest();
    EXPECT_THAT(chain_from(forest, find_root(forest, 10).value()), ElementsAre(1));
}

TEST(WhyChain, TakesTheLastCommandThatFailed)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"a"}, .exit_code = 1, .duration_ns = 50});
    rows.exec({.id = 2, .pid = 11, .args = {"b"}, .exit_code = 1, .duration_ns = 50});
    rows.exec({.id = 3, .pid = 12, .args = {"c"}, .exit_code = 0, .duration_ns = 50});
    EXPECT_THAT(pids_of(rows), ElementsAre(11));
    EXPECT_THAT(pids_of(rows, 99), ElementsAre());
}

} // namespace
} // namespace snoop::snoop_why
