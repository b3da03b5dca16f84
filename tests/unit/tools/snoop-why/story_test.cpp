// SPDX-License-Identifier: BSD-2-Clause
// The lines that a user reads.
#include "rows.hpp"
#include "snoop-why/chain.hpp"
#include "snoop-why/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snoop::snoop_why {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

std::vector<std::string> story_of(Rows &rows, bool all = false)
{
    const Forest &forest = rows.forest();

    return tell(forest, find_root(forest, 0).value(), {false, all});
}

TEST(WhyStory, NamesTheReasonAndTheProcesses)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"make", "all"}, .exit_code = 2});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"cc", "/x.c"}, .exit_code = 1, .duration_ns = 500});
    rows.open(2, 11, "/x.c", "ENOENT");
    EXPECT_THAT(story_of(rows),
                ElementsAre("make (pid 10) exited with 2", "  p (pid 11) found no /x.c",
                            "processes, the one that failed first last:", "  pid 10     make all: exited with 2",
                            "  pid 11     cc /x.c: exited with 1"));
}

TEST(WhyStory, IsNotCertainOfWhatTheProgramsAboveDidNotPassOn)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 3});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"cat", "/x"}, .exit_code = 1, .duration_ns = 500});
    rows.open(2, 11, "/x", "ENOENT");
    EXPECT_THAT(story_of(rows), Contains("  may be the reason: p (pid 11) found no /x"));
}

TEST(WhyStory, SaysThatItSawNoReason)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"false"}, .exit_code = 1});
    EXPECT_THAT(story_of(rows), ElementsAre("false (pid 10) exited with 1", "  no reason seen"));
}

// A file that the shell missed before its command failed did not end it.
TEST(WhyStory, GoesUpOnlyForWhatCameLater)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 1});
    rows.open(1, 10, "/before", "ENOENT");
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"false"}, .exit_code = 1, .duration_ns = 50});
    EXPECT_THAT(story_of(rows), Contains("  no reason seen"));
    rows.open(1, 10, "/after", "ENOENT");
    EXPECT_THAT(story_of(rows), Contains("  may be the reason: p (pid 10) found no /after"));
}

TEST(WhyStory, HasTenLinesAtMost)
{
    Rows rows;
    for (unsigned i = 1; i <= 12; i++)
        rows.exec(
            {.id = i, .parent = i - 1, .pid = i, .args = {"a"}, .exit_code = 1, .duration_ns = 100'000 - i * 1000});
    for (unsigned i = 1; i <= 12; i++)
        rows.open(12, 12, "/x" + std::to_string(i), "ENOENT");
    const auto lines = story_of(rows);
    EXPECT_THAT(lines, SizeIs(testing::Le(most_lines)));
    EXPECT_THAT(lines, Contains("  ... 9 between"));
    EXPECT_EQ(lines[1], "  may be the reason: p (pid 12) found no /x12");
}

TEST(WhyStory, LeavesOutWhatStartedTheCommand)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"sudo"}, .exit_code = 1});
    rows.exec({.id = 2, .parent = 1, .pid = 11, .args = {"opensnoop"}, .exit_code = 1, .duration_ns = 9000});
    rows.exec({.id = 3, .parent = 2, .pid = 12, .args = {"false"}, .exit_code = 1, .duration_ns = 8000});
    EXPECT_THAT(story_of(rows), ElementsAre("false (pid 12) exited with 1", "  no reason seen"));
}

TEST(WhyStory, ShowsTheEvidence)
{
    Rows rows;
    rows.exec({.id = 1, .pid = 10, .args = {"cat"}, .exit_code = 1});
    rows.open(1, 10, "/x", "ENOENT");
    EXPECT_THAT(story_of(rows, true), Contains("  200 openat p (pid 10) /x: ENOENT"));
}

TEST(WhyStory, OfACommandThatCouldNotBeExecuted)
{
    Rows rows;
    rows.failed_exec(1, 10, "./tool", "EACCES");
    EXPECT_THAT(tell_not_executed(rows.forest(), 10, {false, false}),
                ElementsAre("  sh (pid 10) could not execute ./tool: Permission denied (EACCES)"));
    EXPECT_THAT(tell_not_executed(rows.forest(), 11, {false, false}), ElementsAre());
}

} // namespace
} // namespace snoop::snoop_why
