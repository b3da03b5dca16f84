// SPDX-License-Identifier: BSD-2-Clause
// Stacks of programs with their own times.
#include "exec_rows.hpp"
#include "snoop-report/formats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace snoop::snoop_report {
namespace {

std::string folded(const Forest &forest, WriteFormat write = write_folded)
{
    Buffer out;

    write(forest, "", out);
    return {out.data(), out.size()};
}

// make runs for 9 ms. Programs below it run from the first one on to the end, which is also that of ld.
TEST(Folded, CountsOwnTimeInMicroseconds)
{
    EXPECT_EQ(folded(small_build()), "make 1000\n"
                                     "make;cc 4000\n"
                                     "make;ld 6000\n"
                                     "make;sh 1000\n");
}

TEST(Folded, CountsCpuTimeOfTheProcess)
{
    EXPECT_EQ(folded(small_build(), write_folded_cpu), "make 500\n"
                                                       "make;cc 3000\n");
}

TEST(Folded, ProgramsWithTheSameStackAreOneLine)
{
    EXPECT_EQ(
        folded(forest_of(
            {{.id = 1, .pid = 10, .file = "/bin/sh", .begin_ns = 1, .ran_ns = 9'000'000},
             {.id = 2, .parent = 1, .pid = 11, .file = "/bin/ls", .begin_ns = 2, .ran_ns = 600'500},
             {.id = 3, .parent = 1, .pid = 12, .file = "/usr/bin/ls", .begin_ns = 2'000'000, .ran_ns = 600'500}})),
        "sh 7799\n"
        "sh;ls 1201\n");
}

// Children that run at the same time cover the parent once, and one that outlives it only until its end.
TEST(Folded, ChildrenCoverTheirParentOnce)
{
    EXPECT_EQ(folded(forest_of({{.id = 1, .pid = 10, .file = "p", .begin_ns = 0, .ran_ns = 10'000},
                                {.id = 2, .parent = 1, .pid = 11, .file = "a", .begin_ns = 2'000, .ran_ns = 4'000},
                                {.id = 3, .parent = 1, .pid = 12, .file = "b", .begin_ns = 3'000, .ran_ns = 1'000},
                                {.id = 4, .parent = 1, .pid = 13, .file = "c", .begin_ns = 8'000, .ran_ns = 5'000}})),
              "p 4\n"
              "p;a 4\n"
              "p;b 1\n"
              "p;c 5\n");
}

TEST(Folded, NamesCannotForgeFramesOrLines)
{
    EXPECT_EQ(folded(forest_of({{.id = 1, .pid = 10, .file = "/x/a;b\nmake 7", .begin_ns = 0, .ran_ns = 5'000}})),
              "a\\x3bb\\nmake 7 5\n");
    EXPECT_EQ(folded(forest_of({{.id = 1, .pid = 10, .file = "/x/\x1b[1m\xff\\", .begin_ns = 0, .ran_ns = 5'000}})),
              "\\x1b[1m\ufffd\\\\ 5\n");
}

TEST(Folded, LeavesOutStacksBelowAMicrosecond)
{
    EXPECT_EQ(folded(forest_of({{.id = 1, .pid = 10, .file = "a", .begin_ns = 0, .ran_ns = 999}})), "");
}

// Each line names all programs above: without a limit, a chain would need the square of its length.
TEST(Folded, DeepChainsEndInTheLastFrame)
{
    std::vector<ExecRow> rows;

    for (unsigned i = 1; i <= 20'000; i++)
        rows.push_back({.id = i, .parent = i - 1, .pid = i, .file = "sh", .begin_ns = i * 1'000, .ran_ns = 90'000'000});
    const std::string text = folded(forest_of(rows));
    EXPECT_EQ(std::ranges::count(text, '\n'), 1000);
    EXPECT_LT(text.size(), 4'000'000U);
}

} // namespace
} // namespace snoop::snoop_report
