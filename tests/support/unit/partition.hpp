// SPDX-License-Identifier: BSD-2-Clause
// Checks that a filter and its negation divide the rows of a recording: each row is in one of the two, and none in
// both.
//     expect_partition([&](const auto &options) { return replay(records, options); }, "--uid", "root");
#pragma once

#include "unit/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

using ReplayWith = std::function<Finished(std::vector<std::string> options)>;

// The rows of a replay that must succeed, in JSON, sorted.
inline std::vector<std::string> sorted_rows(const ReplayWith &replay, std::vector<std::string> options)
{
    std::vector<std::string> rows;

    options.insert(options.end(), {"-o", "json"});
    const Finished f = replay(options);
    EXPECT_EQ(f.exit, 0) << f.err;
    std::istringstream lines{f.out};
    for (std::string line; std::getline(lines, line);)
        rows.push_back(line);
    std::ranges::sort(rows);
    return rows;
}

// There must be rows of both kinds.
inline void expect_partition(const ReplayWith &replay, const std::string &option, const std::string &value)
{
    const std::vector<std::string> only = sorted_rows(replay, {option, value});
    const std::vector<std::string> rest = sorted_rows(replay, {option, "!" + value});
    std::vector<std::string> both;

    std::ranges::merge(only, rest, std::back_inserter(both));
    EXPECT_FALSE(only.empty() || rest.empty()) << option << ' ' << value;
    EXPECT_EQ(both, sorted_rows(replay, {})) << option << ' ' << value;
    EXPECT_TRUE(sorted_rows(replay, {option, value, option, "!" + value}).empty()) << option << ' ' << value;
}

// Ten tasks that differ in all that the filters by task look at: Event is any struct with `task`.
template <class Event> void make_different(Event &event, unsigned i)
{
    event.rec.ts_ns += i;
    event.task.uid = i % 3 * 1000;
    event.task.pid = 4242 + i / 2;
    event.task.tid = event.rec.tid = 4242 + i;
    event.task.ppid = 4000 + i % 4;
    event.task.comm[0] = static_cast<char>('a' + i % 5);
    event.task.process[0] = static_cast<char>('a' + i % 2);
}

inline void expect_partitions_by_task(const ReplayWith &replay)
{
    expect_partition(replay, "--uid", "root");
    expect_partition(replay, "--uid", "1000");
    expect_partition(replay, "--pid", "4243");
    expect_partition(replay, "--tid", "4244");
    expect_partition(replay, "--ppid", "4001");
}
