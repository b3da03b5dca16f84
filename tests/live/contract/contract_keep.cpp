// SPDX-License-Identifier: BSD-2-Clause
// --keep and --when: a flight recorder.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::test {
namespace {

using Args = std::vector<std::string>;

} // namespace

using testing::HasSubstr;

// Rows and records are written once, and only those from before the signal.
TEST_P(Contract, KeptUntilSignal)
{
    const std::string before = marker(), after = marker(), file = dir.at("recording");
    ToolRun tool{name(), {"-o", "json", "--keep", "60s", "--keep", "1M", "--record", file}};

    for (int i = 0; i < 3; i++)
        happen(before);
    EXPECT_EQ(tool.count_with(before), 0u);
    tool.send(SIGUSR1);
    EXPECT_TRUE(eventually([&] { return tool.count_with(before) == 3; }));
    happen(after);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(before), 3u);
    EXPECT_EQ(tool.count_with(after), 0u);
    EXPECT_GE(expect_balance(tool.err())["kept"], 1u);

    const Outcome replayed = run_tool(name(), {"-o", "json", "--replay", file});
    EXPECT_EQ(replayed.code, 0) << replayed.err;
    EXPECT_EQ(replayed.out, tool.out());
    expect_balance(replayed.err);
}

TEST_P(Contract, KeptUntilRow)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json", "--keep", "60s", "--when", "pid=1", "--when", "uid=1234"}};

    happen(mark);
    happen(mark, [] { become(1000, 1000); });
    EXPECT_EQ(tool.count_with(mark), 0u);
    happen(mark, [] { become(1234, 1234); });
    EXPECT_EQ(tool.row_where([&](const Json &row) { return row["uid"] == 1234; })["uid"], 1234);
    EXPECT_EQ(tool.count_with(mark), 3u);
    happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(mark), 3u);
    expect_balance(tool.err());
}

// More rows than --keep holds follow it before the tool reads the ring.
TEST_P(Contract, KeptRowThatOthersFollowAtOnce)
{
    const std::string mark = marker(), other = marker(), file = dir.at("recording");
    ToolRun tool{
        name(),
        {"-o", "json", "--keep", "64K", "--when", "uid=1234", "-P", std::to_string(getpid()), "--record", file}};

    tool.send(SIGSTOP);
    happen(mark, [] { become(1234, 1234); });
    for (int i = 0; i < 200; i++)
        happen(other);
    tool.send(SIGCONT);
    EXPECT_EQ(tool.row_where([&](const Json &row) { return row["uid"] == 1234; })["uid"], 1234);
    EXPECT_EQ(tool.stop(), 0);
    expect_balance(tool.err());
    EXPECT_THAT(run_tool(name(), {"-o", "json", "--replay", file}).out, HasSubstr(mark));
}

// The names of users are not looked up for rows of text.
TEST_P(Contract, KeptUntilRowWithHiddenValue)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"--keep", "60s", "--when", "user=nobody"}};

    happen(mark);
    happen(mark, [] { become(65534, 65534); });
    tool.line_with(mark);
    EXPECT_EQ(tool.count_with(mark), 2u);
    EXPECT_EQ(tool.stop(), 0);
}

TEST_P(Contract, KeepIsRefusedWhereItMakesNoSense)
{
    const auto refused = [this](const Args &args, std::string_view why) {
        const Outcome outcome = run_tool(name(), args);
        EXPECT_EQ(outcome.code, 2);
        EXPECT_THAT(outcome.err, HasSubstr(std::string{why}));
        EXPECT_EQ(outcome.err_lines().size(), 1u) << outcome.err;
    };

    refused({"--when", "uid=0"}, "--when needs --keep");
    refused({"--keep", "60s", "--when", "nothing=0"}, "--when: rows have no key 'nothing'");
    refused({"--keep", "60s", "--when", "=0"}, "--when: invalid condition '=0'");
    refused({"--keep", "5m"}, "--keep: invalid time or size '5m'");
    refused({"--keep", "0s"}, "--keep: ");
    refused({"--keep", "60s", "-c", "3"}, "--count does not apply to --keep");
    refused({"--keep", "60s", "--replay", "/dev/null"}, "--keep does not apply to a recording");
}

} // namespace snoop::test
