// SPDX-License-Identifier: BSD-2-Clause
// Commands that fail very often, and deep trees, take a time that grows with their size: the square takes minutes, and
// ctest ends the test.
#include "rows.hpp"
#include "snoop-why/chain.hpp"
#include "snoop-why/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snoop::snoop_why {
namespace {

using testing::HasSubstr;

#ifdef SNOOP_INSTRUMENTED
constexpr unsigned many = 2'000; // sanitizers take ten times as long
#else
constexpr unsigned many = 50'000;
#endif

std::vector<std::string> story_of(Rows &rows, bool is_live)
{
    const Forest &forest = rows.forest();

    return tell(forest, find_root(forest, 0).value(), {is_live, false});
}

// As find(1) fails in directories that are not for the user.
TEST(WhyScale, ManyFilesRefused)
{
    Rows rows;

    rows.exec({.id = 1, .pid = 10, .args = {"find"}, .exit_code = 1});
    for (unsigned i = 0; i < many; i++)
        rows.open(1, 10, fmt::format("/nowhere/{}", i), "EACCES");
    EXPECT_THAT(story_of(rows, true).at(1), HasSubstr(fmt::format("could not open /nowhere/{}:", many - 1)));
}

TEST(WhyScale, ManyFilesNotFoundAndWorkAfterwards)
{
    Rows rows;

    rows.exec({.id = 1, .pid = 10, .args = {"cc"}, .exit_code = 1});
    for (unsigned i = 0; i < many; i++) {
        rows.open(1, 10, fmt::format("/nowhere/{}", i), "ENOENT");
        rows.open(1, 10, fmt::format("/somewhere/{}.h", i));
    }
    EXPECT_THAT(story_of(rows, true).at(1), HasSubstr("no reason seen"));
}

TEST(WhyScale, DeepTree)
{
    constexpr unsigned deep = many * 4;
    Rows rows;

    for (unsigned i = 1; i <= deep; i++)
        rows.exec({.id = i, .parent = i - 1, .pid = i, .args = {"sh"}, .exit_code = 1});
    EXPECT_THAT(story_of(rows, false).at(4), HasSubstr("between"));
}

} // namespace
} // namespace snoop::snoop_why
