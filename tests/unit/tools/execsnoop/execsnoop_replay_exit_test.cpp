// SPDX-License-Identifier: BSD-2-Clause
// A replay of execsnoop --exit: how a process ends, and how long it ran.
#include "unit/exec.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <csignal>
#include <sstream>

namespace {

using nlohmann::json;

constexpr unsigned follows = EXEC_FLAG_EXIT_FOLLOWS;
constexpr int core = 0x80; // bit of a wait status: core dumped

class ExecsnoopExit : public ExecsnoopReplay {
protected:
    // EXIT and RAN(ms) of each row.
    std::vector<std::string> endings(const std::vector<Record> &records)
    {
        const Finished f = replay(records, {"--exit"});
        std::vector<std::string> found;
        std::istringstream lines{f.out};
        std::string line;

        EXPECT_EQ(f.exit, 0) << f.err;
        std::getline(lines, line);
        EXPECT_EQ(line, "COMM             PID     PPID    RET  EXIT        RAN(ms)    CPU(ms)  RSS(KiB) ARGS");
        while (std::getline(lines, line)) {
            std::istringstream words{line};
            std::string comm, pid, ppid, ret, exit, time;
            words >> comm >> pid >> ppid >> ret >> exit >> time;
            found.push_back(fmt::format("{}: {} {}", pid, exit, time));
        }
        return found;
    }
    json ending(const std::vector<Record> &records)
    {
        const json row = json::parse(replay(records, {"--exit", "-o", "json"}).out);
        return {row["duration_ns"], row["exit_code"], row["signal"]};
    }
};

TEST_F(ExecsnoopExit, ColorOfFailuresAndSignals)
{
    const ExecSpec failed{.ret = -ENOENT}, spec{.flags = follows};
    const std::vector<Record> records{exec_head(failed), exec_head(spec), exec_end(spec, 1'000'000, SIGKILL),
                                      exec_head(spec), exec_end(spec, 1'000'000, 3 << 8)};
    const std::string row = "ls               4242    4000    ", rows = replay(records, {"--exit"}).out;

    EXPECT_EQ(rows.find('\033'), rows.npos); // not on a terminal
    EXPECT_EQ(replay(records, {"--exit", "--color", "never"}).out, rows);
    EXPECT_EQ(replay(records, {"--exit", "--color", "always"}).out,
              "COMM             PID     PPID    RET  EXIT        RAN(ms)    CPU(ms)  RSS(KiB) ARGS\n"
              "\033[31m" +
                  row +
                  "-2   -                 -          -         - /bin/ls\033[0m\n"
                  "\033[35m" +
                  row + "0    SIGKILL       1.000          -         - /bin/ls\033[0m\n" + row +
                  "0    3             1.000          -         - /bin/ls\n");
    EXPECT_EQ(replay(records, {"--exit", "--color", "always", "-o", "json"}).out.find('\033'), rows.npos);
}

TEST_F(ExecsnoopExit, Row)
{
    const ExecSpec spec{.flags = follows};
    EXPECT_EQ(replay({exec_head(spec), exec_end(spec, 12'345'678, 42 << 8)}, {"--exit"}).out,
              "COMM             PID     PPID    RET  EXIT        RAN(ms)    CPU(ms)  RSS(KiB) ARGS\n"
              "ls               4242    4000    0    42           12.345          -         - /bin/ls\n");
}

TEST_F(ExecsnoopExit, RowsInOrderOfExit)
{
    const ExecSpec a{.pid = 1, .flags = follows}, b{.pid = 2, .flags = follows}, c{.pid = 3, .flags = follows};
    EXPECT_EQ(endings({exec_head(a), exec_head(b), exec_head(c), exec_end(b, 2'000'000, 0),
                       exec_end(c, 3'000'000, SIGSEGV | core), exec_end(a, 1'000'000'000, SIGKILL)}),
              (std::vector<std::string>{"2: 0 2.000", "3: SIGSEGV 3.000", "1: SIGKILL 1000.000"}));
}

TEST_F(ExecsnoopExit, ExecAgain)
{
    const ExecSpec first{.flags = follows};
    ExecSpec second = first;
    second.ts_ns += 500'000;
    EXPECT_EQ(endings({exec_head(first), exec_head(second), exec_end(second, 7'000'000, 255 << 8)}),
              (std::vector<std::string>{"4242: exec 0.500", "4242: 255 7.000"}));
}

TEST_F(ExecsnoopExit, FailedExecEndsNothing)
{
    const ExecSpec first{.flags = follows};
    ExecSpec failed{.ret = -2};
    failed.ts_ns += 500'000;
    EXPECT_EQ(endings({exec_head(first), exec_head(failed), exec_end(first, 7'000'000, 0)}),
              (std::vector<std::string>{"4242: - -", "4242: 0 7.000"}));
}

TEST_F(ExecsnoopExit, StillRunning)
{
    EXPECT_EQ(endings({exec_head({.flags = follows})}), std::vector<std::string>{"4242: - -"});
    EXPECT_EQ(ending({exec_head({.flags = follows})}), (json{nullptr, nullptr, nullptr}));
}

// In the order in which they began, not the order of a hash.
TEST_F(ExecsnoopExit, ManyStillRunning)
{
    std::vector<Record> records;
    std::vector<std::string> expected;
    for (std::uint32_t pid = 500; pid > 400; pid--) {
        records.push_back(exec_head({.pid = pid, .ts_ns = exec_start_ns + 1000 - pid, .flags = follows}));
        expected.push_back(std::to_string(pid) + ": - -");
    }
    EXPECT_EQ(endings(records), expected);
}

TEST_F(ExecsnoopExit, ExitWithoutExec)
{
    EXPECT_EQ(endings({exec_end({}, 1000, 0)}), std::vector<std::string>{});
    EXPECT_EQ(endings({exec_head({}), exec_end({}, 1000, 0)}), std::vector<std::string>{"4242: - -"});
}

TEST_F(ExecsnoopExit, ArgumentsInSeveralRecords)
{
    const ExecSpec spec{.args = {"ls", "-a", "-b"}, .flags = follows};
    std::vector<Record> records = exec_in_pieces(spec, 4);
    records.push_back(exec_end(spec, 2'000'000, 0));
    EXPECT_EQ(replay(records, {"--exit"}).out,
              "COMM             PID     PPID    RET  EXIT        RAN(ms)    CPU(ms)  RSS(KiB) ARGS\n"
              "ls               4242    4000    0    0             2.000          -         - /bin/ls -a -b\n");
}

TEST_F(ExecsnoopExit, Json)
{
    const ExecSpec spec{.flags = follows};
    EXPECT_EQ(ending({exec_head(spec), exec_end(spec, 12'345'678, 42 << 8)}), (json{12'345'678, 42, nullptr}));
    EXPECT_EQ(ending({exec_head(spec), exec_end(spec, 1, SIGSEGV | core)}), (json{1, nullptr, "SIGSEGV"}));
    EXPECT_EQ(ending({exec_head(spec), exec_end(spec, 0, 34)}), (json{0, nullptr, "SIG34"}));
    EXPECT_EQ(ending({exec_head({})}), (json{nullptr, nullptr, nullptr}));

    const json without = json::parse(replay({exec_head(spec), exec_end(spec, 1, 0)}, {"-o", "json"}).out);
    EXPECT_FALSE(without.contains("exit_code") || without.contains("duration_ns") || without.contains("signal"));
}

TEST_F(ExecsnoopExit, FiltersAndAccounting)
{
    const ExecSpec a{.pid = 1, .flags = follows}, b{.pid = 2, .flags = follows};
    const std::vector<Record> records{exec_head(a), exec_head(b), exec_end(a, 1000, 0), exec_end(b, 1000, 0)};
    EXPECT_EQ(replay(records, {"--exit", "-p", "2"}).err, "execsnoop: seen 2 = printed 1 + filtered 1 + lost 0\n");
    EXPECT_EQ(replay(records, {"--exit", "-c", "1"}).err,
              "execsnoop: seen 2 = printed 1 + filtered 0 + lost 0 + after stop 1\n");
}

} // namespace
