// SPDX-License-Identifier: BSD-2-Clause
// execsnoop's filters and their negations, by replays.
#include "unit/exec.hpp"
#include "unit/partition.hpp"

#include <array>
#include <cerrno>

namespace {

class ExecsnoopFilters : public ExecsnoopReplay {
protected:
    ExecsnoopFilters()
    {
        constexpr std::array results{0, -ENOENT, -EACCES};

        for (std::uint32_t i = 0; i < 12; i++)
            records_.push_back(exec_head({.args = {"ls", "word-" + std::to_string(i % 4)},
                                          .comm = i % 5 ? "one" : "two",
                                          .process = i % 2 ? "one" : "three",
                                          .pid = 4242 + i,
                                          .ppid = 4000 + i % 4,
                                          .uid = i % 3 * 1000,
                                          .ts_ns = exec_start_ns + i,
                                          .ret = results[i / 4]}));
    }

    std::vector<std::string> rows_with(const std::vector<std::string> &options) { return sorted_rows(with_, options); }

    std::vector<Record> records_;
    ReplayWith with_ = [this](const std::vector<std::string> &options) { return replay(records_, options); };
};

TEST_F(ExecsnoopFilters, NegationsShowTheRest)
{
    expect_partitions_by_task(with_);
    expect_partition(with_, "--comm", "one");
    expect_partition(with_, "--comm", "three");
    expect_partition(with_, "--errno", "ENOENT");
    expect_partition(with_, "--errno", "0");
    expect_partition(with_, "--line", "word-2");
}

TEST_F(ExecsnoopFilters, APositiveAndANegative)
{
    EXPECT_EQ(rows_with({"-l", "ls", "-l", "!word-1", "-l", "!word-2", "-l", "!word-3"}), rows_with({"-l", "word-0"}));
    EXPECT_TRUE(rows_with({"-l", "\\!x"}).empty());
    EXPECT_EQ(rows_with({"--errno", "!0", "--errno", "!EACCES"}), rows_with({"--errno", "ENOENT"}));
}

} // namespace
