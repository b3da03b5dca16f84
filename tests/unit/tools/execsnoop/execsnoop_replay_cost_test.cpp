// SPDX-License-Identifier: BSD-2-Clause
// A replay of execsnoop --exit: what a process cost, and who killed it.
#include "execsnoop/cost.hpp"
#include "unit/exec.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstring>

namespace {

using nlohmann::json;
using snoop::execsnoop::cpu_time;

const std::vector<std::string> cost_keys{"utime_ns", "stime_ns", "maxrss_kb", "read_bytes", "write_bytes",
                                         "minflt",   "majflt",   "nvcsw",     "nivcsw"};

exec_exit exit_with(unsigned flags, const exec_cost &cost = {})
{
    exec_exit end{};
    end.rec.flags = static_cast<std::uint16_t>(flags);
    end.cost = cost;
    return end;
}

exec_exit killed_by(std::uint32_t pid, const char *comm, unsigned more = 0)
{
    exec_exit end = exit_with(EXIT_FLAG_KILLED_BY | more);
    end.killer_pid = pid;
    std::strncpy(end.killer_comm, comm, sizeof(end.killer_comm) - 1);
    return end;
}

class ExecsnoopCost : public ExecsnoopReplay {
protected:
    json row_of(int status, const exec_exit &end)
    {
        return json::parse(replay({exec_head(spec), exec_end(spec, 1, status, end)}, {"--exit", "-o", "json"}).out);
    }

    const ExecSpec spec{.flags = EXEC_FLAG_EXIT_FOLLOWS};
    const exec_cost cost{.utime_ns = 8'000'000,
                         .stime_ns = 4'000'000,
                         .runtime_ns = 15'000'001,
                         .prev_utime_ns = 0,
                         .prev_stime_ns = 0,
                         .maxrss_kb = 1234,
                         .read_bytes = 4096,
                         .write_bytes = 8192,
                         .minflt = 5,
                         .majflt = 6,
                         .nvcsw = 7,
                         .nivcsw = 8};
};

TEST_F(ExecsnoopCost, Keys)
{
    const json row = row_of(0, exit_with(EXIT_FLAG_HAS_COST | EXIT_FLAG_HAS_IO, cost));
    std::vector<std::uint64_t> values;
    for (const std::string &key : cost_keys)
        values.push_back(row[key]);
    EXPECT_EQ(values, (std::vector<std::uint64_t>{10'000'001, 5'000'000, 1234, 4096, 8192, 5, 6, 7, 8}));
    EXPECT_EQ(row["killed_by"], nullptr);
    EXPECT_EQ(row["oom"], false);
}

TEST_F(ExecsnoopCost, WithoutAccountingOfStorage)
{
    const json row = row_of(0, exit_with(EXIT_FLAG_HAS_COST, cost));
    EXPECT_EQ(row["read_bytes"], nullptr);
    EXPECT_EQ(row["write_bytes"], nullptr);
    EXPECT_EQ(row["majflt"], 6);
}

TEST_F(ExecsnoopCost, NotSeen)
{
    const json row = row_of(0, exit_with(0, cost));
    for (const std::string &key : cost_keys)
        EXPECT_EQ(row[key], nullptr) << key;
    EXPECT_EQ(row["exit_code"], 0);
    EXPECT_EQ(row["oom"], false);
}

// The cost is that of the process, so the row of an earlier program of it has none.
TEST_F(ExecsnoopCost, OnTheRowOfTheLastProgram)
{
    ExecSpec second = spec;
    second.ts_ns += 500'000;
    const std::string out =
        replay({exec_head(spec), exec_head(second), exec_end(second, 1, 0, exit_with(EXIT_FLAG_HAS_COST, cost))},
               {"--exit", "-o", "json"})
            .out;
    const json first = json::parse(out.substr(0, out.find('\n'))), last = json::parse(out.substr(out.find('\n')));
    EXPECT_EQ(first["maxrss_kb"], nullptr);
    EXPECT_EQ(first["oom"], nullptr);
    EXPECT_EQ(last["maxrss_kb"], 1234);
}

TEST_F(ExecsnoopCost, Text)
{
    EXPECT_EQ(
        replay({exec_head(spec), exec_end(spec, 12'345'678, 0, exit_with(EXIT_FLAG_HAS_COST, cost))}, {"--exit"}).out,
        "COMM             PID     PPID    RET  EXIT        RAN(ms)    CPU(ms)  RSS(KiB) ARGS\n"
        "ls               4242    4000    0    0            12.345     15.000      1234 /bin/ls\n");
}

TEST_F(ExecsnoopCost, Killer)
{
    EXPECT_EQ(row_of(SIGTERM, killed_by(77, "bash"))["killed_by"], (json{{"pid", 77}, {"comm", "bash"}}));
    EXPECT_EQ(row_of(SIGSEGV | 0x80, killed_by(0, "kernel"))["killed_by"], (json{{"pid", 0}, {"comm", "kernel"}}));
    EXPECT_EQ(row_of(SIGKILL, exit_with(0))["killed_by"], nullptr);
    const json row = row_of(SIGKILL, killed_by(0, "kernel", EXIT_FLAG_OOM));
    EXPECT_EQ(row["oom"], true);
    EXPECT_EQ(row["killed_by"]["comm"], "kernel");
}

// A name may fill all of its bytes, and is escaped as every other.
TEST_F(ExecsnoopCost, NameOfTheKiller)
{
    exec_exit end = killed_by(1, "");
    std::memcpy(end.killer_comm, "0123456789abcde\xff", sizeof(end.killer_comm));
    const Finished f = replay({exec_head(spec), exec_end(spec, 1, SIGKILL, end)}, {"--exit", "-o", "json"});
    EXPECT_EQ(json::parse(f.out)["killed_by"]["comm"], "0123456789abcde\xef\xbf\xbd");
}

std::pair<std::uint64_t, std::uint64_t> divided(std::uint64_t utime, std::uint64_t stime, std::uint64_t runtime,
                                                std::uint64_t prev_utime = 0, std::uint64_t prev_stime = 0)
{
    exec_cost cost{};
    cost.utime_ns = utime;
    cost.stime_ns = stime;
    cost.runtime_ns = runtime;
    cost.prev_utime_ns = prev_utime;
    cost.prev_stime_ns = prev_stime;
    const auto cpu = cpu_time(cost);
    return {cpu.user, cpu.system};
}

// cputime_adjust() in kernel/sched/cputime.c: the sum is the run time, divided as the two were sampled.
TEST(CpuTime, IsDividedAsTheKernelDoes)
{
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    constexpr std::uint64_t most = UINT64_MAX;

    EXPECT_EQ(divided(0, 0, 0), (Pair{0, 0}));
    EXPECT_EQ(divided(0, 0, 500), (Pair{500, 0})); // no sample at all
    EXPECT_EQ(divided(0, 4, 500), (Pair{0, 500}));
    EXPECT_EQ(divided(4, 0, 500), (Pair{500, 0}));
    EXPECT_EQ(divided(4, 4, 501), (Pair{251, 250}));
    EXPECT_EQ(divided(8, 4, 3), (Pair{2, 1}));
    EXPECT_EQ(divided(most / 2, most / 2, most), (Pair{most / 2 + 1, most / 2}));
    // A time that was once reported does not become less.
    EXPECT_EQ(divided(4, 4, 500, 100, 300), (Pair{200, 300}));
    EXPECT_EQ(divided(4, 4, 500, 400, 10), (Pair{400, 100}));
    EXPECT_EQ(divided(4, 4, 500, 400, 100), (Pair{400, 100}));
    EXPECT_EQ(divided(4, 4, 500, 600, 100), (Pair{600, 100}));
    EXPECT_EQ(divided(4, 4, 500, most, most), (Pair{most, most})); // of a damaged recording
}

} // namespace
