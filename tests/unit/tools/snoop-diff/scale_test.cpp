// SPDX-License-Identifier: BSD-2-Clause
// Large jobs take a time that grows with their size: the square of 50,000 takes minutes, and ctest ends the test.
#include "jobs.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace snoop::snoop_diff {
namespace {

#ifdef SNOOP_INSTRUMENTED
constexpr unsigned many = 2'000; // sanitizers take ten times as long
#else
constexpr unsigned many = 50'000;
#endif

// The order of children is another one in each, and `flag` is given to one of them.
Lines wide(unsigned seed, const std::string &flag)
{
    Lines all = rows(Ran{.id = 1, .args = {"make"}});
    std::vector<unsigned> order(many);

    for (unsigned i = 0; i < many; i++)
        order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937{seed});
    for (unsigned i = 0; i < many; i++)
        all.push_back(row(Ran{.id = 2 + i,
                              .parent = 1,
                              .args = {"cc", "-c", std::to_string(order[i]) + ".c", order[i] == 7 ? flag : "-g"},
                              .at = 1 + i}));
    return all;
}

void expect_one_difference(const Lines &a, const Lines &b) { EXPECT_EQ((Compared{a, b}.differences().size()), 1U); }

TEST(Scale, WideInAnyOrder) { expect_one_difference(wide(1, "-O0"), wide(2, "-O2")); }

TEST(Scale, Deep)
{
    const auto deep = [](int code) {
        Lines all;
        for (unsigned i = 1; i <= many; i++)
            all.push_back(
                row(Ran{.id = i, .parent = i - 1, .args = {"sh", "run"}, .at = i, .code = i == many ? code : 0}));
        return all;
    };

    expect_one_difference(deep(0), deep(1));
}

// Nothing belongs together but by its program's name.
TEST(Scale, AllDifferent)
{
    const auto job = [](const std::string &side) {
        Lines all = rows(Ran{.id = 1, .args = {"make"}});
        for (unsigned i = 0; i < many; i++)
            all.push_back(row(Ran{.id = 2 + i, .parent = 1, .args = {"cc", side + std::to_string(i), side}, .at = i}));
        return all;
    };
    const Compared compared{job("a"), job("b")};

    EXPECT_EQ(compared.differences().size(), std::size_t{2} * many);
}

// Each has a command that its process fails to execute.
TEST(Scale, FailedCommands)
{
    const auto job = [](const std::string &error) {
        Lines all = rows(Ran{.id = 1, .args = {"sh"}});
        for (unsigned i = 0; i < many; i++)
            all.push_back(
                row(Ran{.id = 1, .args = {"t", std::to_string(i)}, .at = i, .error = i == 7 ? error : "ENOENT"}));
        return all;
    };

    expect_one_difference(job("ENOENT"), job("EACCES"));
}

// No slash is before any of its words.
TEST(Scale, LongArguments)
{
    const auto job = [](char side) {
        std::string script;
        for (unsigned i = 0; i < many * 10; i++)
            script += fmt::format("a{}{}x ", side, i);
        return rows(Ran{.id = 1, .args = {"sh", "-c", script}});
    };

    expect_one_difference(job('B'), job('C'));
}

} // namespace
} // namespace snoop::snoop_diff
