// SPDX-License-Identifier: BSD-2-Clause
// The filters by task, as a replay and openguard apply them.
#include "libbpf/task_filters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace snoop;

using Values = std::vector<Condition<FilterKey>>;

// Options with these filters.
CommonOptions with(const std::vector<std::pair<std::string_view, Values>> &filters)
{
    CommonOptions options;

    for (const auto &[option, keys] : filters) {
        const auto row = std::ranges::find(task_filters, option, &TaskFilter::option);
        options.filters.at(static_cast<std::size_t>(row - task_filters.begin())) = keys;
    }
    return options;
}

Condition<FilterKey> only(std::uint32_t number) { return {filter_key(number), false}; }
Condition<FilterKey> only(std::string_view name) { return {filter_key(name), false}; }
Condition<FilterKey> no(std::uint32_t number) { return {filter_key(number), true}; }
Condition<FilterKey> no(std::string_view name) { return {filter_key(name), true}; }

TEST(TaskFilters, EachFilterAndAllTogether)
{
    snoop_task task{};
    task.uid = 0;
    task.pid = 10;
    task.ppid = 5;
    std::copy_n("0123456789abcdef", SNOOP_COMM_LEN, task.comm); // without a NUL

    EXPECT_TRUE(matches({}, {task}));
    EXPECT_TRUE(matches(with({{"--uid", {only(7), only(0)}}}), {task}));
    EXPECT_FALSE(matches(with({{"--uid", {only(7)}}}), {task}));
    EXPECT_TRUE(matches(with({{"--pid", {only(10)}}}), {task}));
    EXPECT_FALSE(matches(with({{"--pid", {only(5)}}}), {task}));
    EXPECT_TRUE(matches(with({{"--ppid", {only(5)}}}), {task}));
    EXPECT_FALSE(matches(with({{"--ppid", {only(10)}}}), {task}));
    EXPECT_TRUE(matches(with({{"--comm", {only("x"), only("0123456789abcdef")}}}), {task}));
    EXPECT_FALSE(matches(with({{"--comm", {only("0123456789abcde")}}}), {task}));
    std::copy_n("server", 6, task.process);
    EXPECT_TRUE(matches(with({{"--comm", {only("server")}}}), {task}));
    EXPECT_TRUE(matches(with({{"--comm", {only("0123456789abcdef")}}}), {task}));
    EXPECT_FALSE(matches(with({{"--comm", {only("serve"), only("servers")}}}), {task}));
    EXPECT_FALSE(matches(with({{"--uid", {only(0)}}, {"--pid", {only(11)}}}), {task}));
}

// One positive value has to match, if there are any, and no negative one may.
TEST(TaskFilters, PositiveAndNegativeValues)
{
    snoop_task task{};
    task.uid = 0;
    task.pid = 10;
    task.tid = 11;
    std::copy_n("pool", 4, task.comm);
    std::copy_n("server", 6, task.process);
    const auto passes = [&](std::string_view option, const Values &values) {
        return matches(with({{option, values}}), {task});
    };

    EXPECT_FALSE(passes("--uid", {no(0)}));
    EXPECT_TRUE(passes("--uid", {no(7), no(8)}));
    EXPECT_FALSE(passes("--uid", {no(7), no(0)}));
    EXPECT_TRUE(passes("--uid", {only(0), no(7)}));
    EXPECT_FALSE(passes("--uid", {only(5), no(7)}));
    EXPECT_FALSE(passes("--uid", {only(0), no(0)}));
    EXPECT_FALSE(passes("--uid", {no(0), only(0)}));
    EXPECT_TRUE(passes("--tid", {only(11)}));
    EXPECT_FALSE(passes("--tid", {only(10)}));
    EXPECT_FALSE(passes("--tid", {no(11)}));
    EXPECT_TRUE(passes("--tid", {no(10)}));
    EXPECT_FALSE(passes("--ppid", {no(0)}));
    // Each of the two names counts.
    EXPECT_FALSE(passes("--comm", {no("pool")}));
    EXPECT_FALSE(passes("--comm", {no("server")}));
    EXPECT_TRUE(passes("--comm", {no("serve")}));
    EXPECT_FALSE(passes("--comm", {only("server"), no("pool")}));
    EXPECT_FALSE(passes("--comm", {only("pool"), no("server")}));
    EXPECT_TRUE(passes("--comm", {only("pool"), no("other")}));
}

TEST(TaskFilters, Errors)
{
    const snoop_task task{};
    const auto passes = [&](const Values &values, std::uint32_t error) {
        return matches(with({{"--errno", values}}), {task, error});
    };

    EXPECT_TRUE(passes({only(2)}, 2));
    EXPECT_FALSE(passes({only(2)}, 0));
    EXPECT_FALSE(passes({only(2)}, 13));
    EXPECT_TRUE(passes({only(2), only(13)}, 13));
    EXPECT_TRUE(passes({only(0)}, 0));
    EXPECT_FALSE(passes({no(2)}, 2));
    EXPECT_TRUE(passes({no(2)}, 0));
    EXPECT_TRUE(passes({no(2)}, 13));
    EXPECT_FALSE(passes({no(0)}, 0));
}

TEST(TaskFilters, SaysWhichValuesThereAre)
{
    EXPECT_EQ(use_of(Values{}), 0);
    EXPECT_EQ(use_of(Values{only(1)}), SNOOP_FILTER_ONLY);
    EXPECT_EQ(use_of(Values{no(1)}), SNOOP_FILTER_NOT);
    EXPECT_EQ(use_of(Values{no(1), only(1)}), SNOOP_FILTER_ONLY | SNOOP_FILTER_NOT);
    EXPECT_EQ(filter_value(false), SNOOP_FILTER_ONLY);
    EXPECT_EQ(filter_value(true), SNOOP_FILTER_NOT);
}

TEST(TaskFilters, KeyMatchesTheMap)
{
    const FilterKey number = filter_key(0x01020304), name = filter_key("sh");

    EXPECT_EQ(number_of(number), 0x01020304u);
    EXPECT_EQ(number[4], '\0');
    EXPECT_STREQ(name.data(), "sh");
    EXPECT_EQ(name.back(), '\0');
}

TEST(TaskFilters, ExcludesRoot)
{
    EXPECT_FALSE(excludes_root({}));
    EXPECT_FALSE(excludes_root(with({{"--uid", {only(7), only(0)}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {only(7)}}})));
    EXPECT_TRUE(excludes_root(with({{"--pid", {only(10)}}})));
    EXPECT_TRUE(excludes_root(with({{"--ppid", {only(5)}}})));
    EXPECT_TRUE(excludes_root(with({{"--comm", {only("cat")}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {only(0)}}, {"--comm", {only("cat")}}})));
    EXPECT_TRUE(excludes_root(with({{"--tid", {only(10)}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {no(0)}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {only(0), no(0)}}})));
    EXPECT_FALSE(excludes_root(with({{"--uid", {no(7)}}})));
    EXPECT_FALSE(excludes_root(with({{"--uid", {only(0), no(7)}}})));
    EXPECT_FALSE(excludes_root(with({{"--pid", {no(10)}}, {"--tid", {no(10)}}, {"--ppid", {no(5)}}})));
    EXPECT_FALSE(excludes_root(with({{"--comm", {no("cat")}}})));

    CommonOptions options;
    options.cgroups = {{"/a", false}, {"/b", true}};
    EXPECT_TRUE(excludes_root(options));
    options.cgroups = {{"/b", true}};
    EXPECT_FALSE(excludes_root(options));
    options = {};
    options.containers = {{"web", true}};
    options.units = {{"cron.service", true}};
    EXPECT_FALSE(excludes_root(options));
    options.units = {{"cron.service", false}};
    EXPECT_TRUE(excludes_root(options));
    options = {};
    options.command = {"true"};
    EXPECT_TRUE(excludes_root(options));
}

} // namespace
