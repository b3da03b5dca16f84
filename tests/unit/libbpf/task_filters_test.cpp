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

// Options with these filters.
CommonOptions with(const std::vector<std::pair<std::string_view, std::vector<FilterKey>>> &filters)
{
    CommonOptions options;

    for (const auto &[option, keys] : filters) {
        const auto row = std::ranges::find(task_filters, option, &TaskFilter::option);
        options.filters.at(static_cast<std::size_t>(row - task_filters.begin())) = keys;
    }
    return options;
}

TEST(TaskFilters, EachFilterAndAllTogether)
{
    snoop_task task{};
    task.uid = 0;
    task.pid = 10;
    task.ppid = 5;
    std::copy_n("0123456789abcdef", SNOOP_COMM_LEN, task.comm); // without a NUL

    EXPECT_TRUE(matches({}, task));
    EXPECT_TRUE(matches(with({{"--uid", {filter_key(7), filter_key(0)}}}), task));
    EXPECT_FALSE(matches(with({{"--uid", {filter_key(7)}}}), task));
    EXPECT_TRUE(matches(with({{"--pid", {filter_key(10)}}}), task));
    EXPECT_FALSE(matches(with({{"--pid", {filter_key(5)}}}), task));
    EXPECT_TRUE(matches(with({{"--ppid", {filter_key(5)}}}), task));
    EXPECT_FALSE(matches(with({{"--ppid", {filter_key(10)}}}), task));
    EXPECT_TRUE(matches(with({{"--comm", {filter_key("x"), filter_key("0123456789abcdef")}}}), task));
    EXPECT_FALSE(matches(with({{"--comm", {filter_key("0123456789abcde")}}}), task));
    std::copy_n("server", 6, task.process);
    EXPECT_TRUE(matches(with({{"--comm", {filter_key("server")}}}), task));
    EXPECT_TRUE(matches(with({{"--comm", {filter_key("0123456789abcdef")}}}), task));
    EXPECT_FALSE(matches(with({{"--comm", {filter_key("serve"), filter_key("servers")}}}), task));
    EXPECT_FALSE(matches(with({{"--uid", {filter_key(0)}}, {"--pid", {filter_key(11)}}}), task));
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
    EXPECT_FALSE(excludes_root(with({{"--uid", {filter_key(7), filter_key(0)}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {filter_key(7)}}})));
    EXPECT_TRUE(excludes_root(with({{"--pid", {filter_key(10)}}})));
    EXPECT_TRUE(excludes_root(with({{"--ppid", {filter_key(5)}}})));
    EXPECT_TRUE(excludes_root(with({{"--comm", {filter_key("cat")}}})));
    EXPECT_TRUE(excludes_root(with({{"--uid", {filter_key(0)}}, {"--comm", {filter_key("cat")}}})));

    CommonOptions options;
    options.cgroups = {"/a"};
    EXPECT_TRUE(excludes_root(options));
    options = {};
    options.command = {"true"};
    EXPECT_TRUE(excludes_root(options));
}

} // namespace
