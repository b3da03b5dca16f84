// SPDX-License-Identifier: BSD-2-Clause
// Output: where rows go, and that none is lost.
#include "accounting.hpp"
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace snoop::test {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

namespace {

// By the clock of the rows: time(2) is some milliseconds behind it.
std::string time_of_day()
{
    timespec now{};
    char text[16];
    tm parts{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now.tv_sec, &parts));
    return text;
}

} // namespace

// `head -1` gets its line at once, and the tool exits.
TEST_P(Contract, ExitsWhenHeadHasItsLine)
{
    const std::string mark = marker();
    ToolRun tool{name()};

    happen(mark);
    tool.line_with(mark);
    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
    expect_stderr(name(), tool.err());
}

TEST_P(Contract, ExitsWhenPipeClosesBeforeFirstRow)
{
    ToolRun tool{name(), {"-p", std::to_string(getpid()), "-o", "json"}};

    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.out(), "");
}

TEST_P(Contract, PrintsHeaderBeforeFirstRow)
{
    ToolRun tool{name(), {"-p", std::to_string(getpid())}};

    EXPECT_NE(tool.line_where([](const std::string &) { return true; }), "");
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.lines().size(), 1u);
}

// Rows written to a file are all there, whichever signal ended the tool.
TEST_P(Contract, SignalsLoseNoRows)
{
    constexpr int rows = 100;

    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        const std::string mark = marker();
        const Fd file{open(dir.at("rows").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        ToolRun tool{name(), {}, {.out_fd = file.get()}};

        for (int i = 0; i < rows; i++)
            happen(mark);
        EXPECT_EQ(tool.stop(signal), 0);
        int found = 0;
        for (const auto &line : split_lines(read_file(dir.at("rows"))))
            found += line.find(mark) != std::string::npos;
        EXPECT_EQ(found, rows) << strsignal(signal);
        expect_stderr(name(), tool.err());
    }
}

// A single event is printed without a second one to flush it.
TEST_P(Contract, FlushesEachRow)
{
    ToolRun tool{name()};

    for (int i = 0; i < 100; i++) {
        const std::string mark = marker();
        happen(mark);
        tool.line_with(mark);
    }
    EXPECT_EQ(tool.stop(), 0);
}

TEST_P(Contract, SurvivesSighupUnderNohup)
{
    const std::string mark = marker();
    ToolRun tool{name(), {}, {.in_child = [] { signal(SIGHUP, SIG_IGN); }}};

    tool.send(SIGHUP);
    happen(mark);
    tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
}

TEST_P(Contract, StdinClosedAndStdoutAFile)
{
    const std::string mark = marker();
    const Fd file{open(dir.at("rows").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    ToolRun tool{name(), {"-o", "json"}, {.in_child = [] { close(STDIN_FILENO); }, .out_fd = file.get()}};

    happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_NE(read_file(dir.at("rows")).find(mark), std::string::npos);
}

TEST_P(Contract, StdoutClosedIsAnError)
{
    expect_refusal(1, {}, {"stdout is closed"}, {.in_child = [] { close(STDOUT_FILENO); }});
}

TEST_P(Contract, FullDiskOnStdout)
{
    const std::string mark = marker();
    const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    ToolRun tool{name(), {"-o", "json"}, {.out_fd = full.get()}};

    happen(mark);
    EXPECT_EQ(tool.wait(), 1);
    ASSERT_EQ(tool.err_lines().size(), 3u) << tool.err();
    EXPECT_EQ(tool.err_lines()[1], name() + ": cannot write to stdout: No space left on device (ENOSPC)");
    EXPECT_GE(expect_balance(tool.err())["unwritten"], 1u);
}

TEST_P(Contract, TwoInstancesSeeTheSameEvents)
{
    const std::string mark = marker();
    const auto without_times = [](Json row) {
        row.erase("ts_ns");
        row.erase("time");
        return row;
    };
    ToolRun one{name(), {"-o", "json"}}, two{name(), {"-o", "json"}};

    happen(mark);
    EXPECT_EQ(without_times(one.row_with(mark)), without_times(two.row_with(mark)));
    EXPECT_EQ(one.stop(), 0);
    const std::string later = marker();
    happen(later);
    two.line_with(later);
    EXPECT_EQ(two.stop(), 0);
    EXPECT_EQ(one.count_with(later), 0u);
}

TEST_P(Contract, JsonRowsHaveTheSameKeys)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}};

    for (int i = 0; i < 3; i++)
        happen(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(mark), 3u);
    std::vector<std::string> keys;
    for (const auto &line : tool.lines()) {
        std::vector<std::string> own;
        const auto row = nlohmann::ordered_json::parse(line);
        for (const auto &[key, value] : row.items())
            own.push_back(key);
        if (keys.empty())
            keys = own;
        EXPECT_EQ(own, keys);
    }
    expect_stderr(name(), tool.err());
    const Json accounting = parse_json(tool.err_lines().back());
    EXPECT_EQ(accounting["event"], "accounting");
    EXPECT_EQ(accounting["tool"], name());
}

// -T -t -U add three columns on the left, in this order.
TEST_P(Contract, TimeTimestampAndUidColumns)
{
    const std::string mark = marker();
    const auto clock = [] { return std::chrono::steady_clock::now(); };
    const auto started = clock();
    ToolRun tool{name(), {"-T", "-t", "-U"}};

    const std::string before = time_of_day();
    happen(mark, [] { become(1000, 1000); });
    const std::string after = time_of_day();
    const double seconds = std::chrono::duration<double>(clock() - started).count();

    const std::string line = tool.line_with(mark);
    const Groups part = groups_of(line, R"((\d\d:\d\d:\d\d) (\d+\.\d{3}) +(\d+) +(\S.*))");
    ASSERT_EQ(part.size(), 5u) << line;
    if (before <= after) { // not over midnight
        EXPECT_THAT(part[1], AllOf(Ge(before), Le(after)));
    }
    EXPECT_THAT(std::stod(part[2]), AllOf(Ge(0.0), Le(seconds)));
    EXPECT_EQ(part[3], "1000");
    EXPECT_THAT(part[4], HasSubstr(some_comm)) << line;
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_TRUE(tool.lines()[0].starts_with("TIME     TIME(s)  UID    ")) << tool.lines()[0];
}

} // namespace snoop::test
