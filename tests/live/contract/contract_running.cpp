// SPDX-License-Identifier: BSD-2-Clause
// How a run starts and ends.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_P(Contract, PrintsTwoLinesOnStderr)
{
    ToolRun tool{name()};

    tool.wait_err("\n");
    EXPECT_EQ(tool.err(), name() + ": tracing, press Ctrl-C to stop\n");
    EXPECT_EQ(tool.stop(), 0);
    expect_stderr(name(), tool.err());
}

TEST_P(Contract, StopsAtCount)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-c", "3", "-P", std::to_string(getpid())}};

    for (int i = 0; i < 5; i++)
        happen(mark);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.count_with(mark), 3u);
    EXPECT_EQ(expect_balance(tool.err())["printed"], 3u);
}

TEST_P(Contract, StopsAfterDuration)
{
    const std::string mark = marker();
    const auto start = std::chrono::steady_clock::now();
    ToolRun tool{name(), {"-d", "0.3"}};

    happen(mark);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{300});
    EXPECT_EQ(tool.count_with(mark), 1u);
    expect_stderr(name(), tool.err());
}

TEST_P(Contract, AccountingMatchesPrintedRows)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-P", std::to_string(getpid())}};

    for (int i = 0; i < 7; i++)
        happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(mark), 7u);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 7u);
    EXPECT_EQ(accounting["lost"], 0u);
}

// The kernel must not keep running programs without a consumer.
TEST_P(Contract, LeavesNoBpfObjectsBehind)
{
    for (const int signal : {SIGKILL, SIGTERM}) {
        ToolRun tool{name()};
        const BpfObjects objects = objects_of(tool.pid());
        ASSERT_THAT(objects.programs, Not(IsEmpty()));
        ASSERT_THAT(objects.maps, Not(IsEmpty()));
        EXPECT_EQ(still_there(objects), objects);
        EXPECT_EQ(tool.stop(signal), signal == SIGKILL ? 128 + SIGKILL : 0);
        EXPECT_TRUE(eventually([&] { return still_there(objects) == BpfObjects{}; }))
            << testing::PrintToString(still_there(objects)) << " are still there";
    }
}

TEST_P(Contract, HelpAndVersion)
{
    for (const auto &option : {"--help", "-h", "--version", "-V"}) {
        // As an unprivileged user.
        const Outcome outcome =
            run_tool(name(), {option}, {.in_child = [] { become(65534, 65534); }, .program = copy_of_tool()});
        EXPECT_EQ(outcome.code, 0);
        EXPECT_EQ(outcome.err, "");
        EXPECT_THAT(outcome.out, HasSubstr(name()));
    }
}

TEST_P(Contract, UsageErrorsExitWith2)
{
    const std::vector<std::vector<std::string>> calls{
        {"--no-such-option"},
        {"stray"},
        {"-u", "nobody-is-called-so"},
        {"-p", "0"},
        {"-p", "12x"},
        {"-P", "4194305"},
        {"-n", ""},
        {"-n", "sixteen-letters-"},
        {"-o", "yaml"},
        {"-d", "0"},
        {"-d", "-1"},
        {"-d", "nan"},
        {"-c", "0"},
        {"-c", "-1"},
        {"-c", "99999999999999999999"},
        {"--ring-size", "5000"},
        {"--ring-size", "2048"},
        {"--ring-size", "2G"},
        {"--ring-size", "4Q"},
        {"--transport", "pigeon"},
        {"--cgroup", "/no/such/directory"},
        {"--cgroup", "/proc/self"},
        {"--record", "/no/such/directory/file"},
        {"--replay", "/no/such/file"},
        {"--replay", "/dev/null"},
        {"--replay", "/dev/null", "--record", "x"},
        {"--replay", "/dev/null", "--", "true"},
        {"--btf", "/no/such/file"},
        {"--"},
    };
    for (const auto &call : calls) {
        SCOPED_TRACE(fmt::format("{}", fmt::join(call, " ")));
        expect_refusal(2, call, {});
    }
}

TEST_P(Contract, ReportsInvalidReadyFd)
{
    for (const char *bad : {"77", "x", "-1", ""}) {
        const Outcome outcome = run_tool(name(), {}, {.env = {{"SNOOP_READY_FD", bad}}});
        EXPECT_EQ(outcome.code, 2) << bad;
        EXPECT_THAT(outcome.err_lines().back(), HasSubstr("SNOOP_READY_FD"));
    }
}

TEST_P(Contract, VerboseNamesTheTransport)
{
    const char *transport = std::getenv("SNOOP_TRANSPORT");
    const bool perf = transport && std::string_view{transport} == "perf";
    ToolRun tool{name(), {"-v"}};

    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr(name() + ": transport: " + (perf ? "perf buffers" : "ring buffer")));
}

} // namespace snoop::test
