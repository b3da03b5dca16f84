// SPDX-License-Identifier: BSD-2-Clause
// funclat: functions of a program: counts, times, nested calls, threads, filters, output.
#include "funclat/elf_functions.hpp"
#include "funclat/funclat.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

namespace snoop::test {
namespace {

using testing::Ge;
using testing::HasSubstr;
using testing::SizeIs;

class UserFunction : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }
};

TEST_F(UserFunction, CallsOfFourThreads)
{
    const Measured quick = measure(own("snoop_quick"), {"threads", "4", "2000"});

    EXPECT_THAT(quick.rows, SizeIs(1));
    EXPECT_EQ(number(quick.accounting["seen"]), 8000u);
    EXPECT_EQ(number(quick.row()["count"]), 8000u);
    expect_times(quick.row(), 8000, 0);
    EXPECT_EQ(number(quick.accounting["returned"]), 8000u);
}

TEST_F(UserFunction, ThreadsInsideAtOnce)
{
    const Measured sleeps = measure(own("snoop_sleep"), {"sleep", "16", "2", "20"});

    EXPECT_EQ(number(sleeps.row()["count"]), 32u);
    expect_times(sleeps.row(), 32, 20'000'000);
    EXPECT_GE(number(sleeps.row()["max"]), 20'000'000u);
}

TEST_F(UserFunction, NestedCalls)
{
    const Measured nested = measure(own("snoop_nested"), {"nested", "3", "8"});

    EXPECT_EQ(number(nested.row()["count"]), 24u);
    expect_times(nested.row(), 24, 1'000'000);
    // 1 + 2 + … + 8 ms in each thread.
    EXPECT_GE(number(nested.row()["sum"]), 3u * 36'000'000);
    EXPECT_GE(number(nested.row()["max"]), 8'000'000u);
}

TEST_F(UserFunction, DeepCalls)
{
    const Measured deep = measure(own("snoop_deep"), {"deep", "100"});

    EXPECT_EQ(number(deep.row()["count"]), 100u);
    EXPECT_EQ(number(deep.row()["returned"]), 100u);
}

TEST_F(UserFunction, Units)
{
    const Measured ms = measure(own("snoop_sleep"), {"sleep", "1", "3", "20"}, {"-m"});
    const Measured us = measure(own("snoop_sleep"), {"sleep", "1", "3", "20"}, {"--microseconds"});

    EXPECT_EQ(ms.row()["unit"], "ms");
    EXPECT_EQ(us.row()["unit"], "us");
    EXPECT_GE(ms.row()["sum"].get<double>(), 60.0);
    EXPECT_GE(us.row()["sum"].get<double>(), 60'000.0);
    EXPECT_EQ(number(ms.row()["slots"][0]["lo"]) % 16, 0u);     // 16 -> 31 ms, unless it took longer
    EXPECT_EQ(number(us.row()["slots"][0]["lo"]) % 16'384, 0u); // 16,384 -> 32,767 us
}

TEST_F(UserFunction, IntervalsAddUp)
{
    const Measured all = measure(own("snoop_sleep"), {"sleep", "2", "100", "5"}, {"-i", "0.1"});
    std::map<std::string, std::uint64_t> sums;

    EXPECT_THAT(all.rows, SizeIs(Ge(2u)));
    for (const Json &row : all.rows) {
        if (number(row["returned"]) > 0)
            expect_times(row, number(row["returned"]), 5'000'000);
        EXPECT_GT(row["seconds"].get<double>(), 0.0);
        for (const char *key : {"count", "returned", "missed", "ended"})
            sums[key] += number(row[key]);
    }
    EXPECT_EQ(sums["count"], 200u);
    EXPECT_EQ(sums["returned"], 200u);
    EXPECT_EQ(sums["missed"] + sums["ended"], 0u);
}

TEST_F(UserFunction, RowKeys)
{
    Json row = measure(own("snoop_quick"), {"quick", "10"}).row();

    EXPECT_THAT(row["time"].get<std::string>(), testing::EndsWith("Z"));
    for (const char *key :
         {"time", "seconds", "sum", "avg", "max", "p50", "p90", "p99", "overhead_ns", "slots", "inlined"})
        EXPECT_EQ(row.erase(key), 1u) << key;
    EXPECT_EQ(row, (Json{{"event", "latency"},
                         {"function", "snoop_quick"},
                         {"binary", Load::self()},
                         {"aliases", {"snoop_quick_too"}},
                         {"count", 10},
                         {"returned", 10},
                         {"missed", 0},
                         {"ended", 0},
                         {"unwound", 0},
                         {"unit", "ns"},
                         {"by", nullptr},
                         {"key", nullptr},
                         {"pid", nullptr},
                         {"tid", nullptr},
                         {"comm", nullptr}}));
}

TEST_F(UserFunction, Pattern)
{
    if (lacks(Hook::cookies)) {
        const Outcome refused = run_tool("funclat", {own("snoop_[qs]*")});
        EXPECT_EQ(refused.code, 3);
        EXPECT_THAT(refused.err, HasSubstr("cannot tell apart"));
        return;
    }
    // snoop_quick has a second name, but it is one function.
    const Measured both = measure(own("snoop_[qs]*"), {"sleep", "2", "3", "10"});
    EXPECT_THAT(both.rows, SizeIs(1));
    expect_times(both.row_of("snoop_sleep"), 6, 10'000'000);

    const Measured quick = measure(own("snoop_*"), {"quick", "77"});
    EXPECT_THAT(quick.rows, SizeIs(1));
    expect_times(quick.row_of("snoop_quick"), 77, 0);
}

// With -p, each function takes a link of its own.
TEST_F(UserFunction, PatternOfOneProcess)
{
    SNOOP_NEEDS(cookies);
    Gate gate;
    const auto held = [&](const Args &args) {
        return Process{[&gate, args] {
            gate.wait();
            exec_now(worker.exec(args));
        }};
    };
    Process one = held({"sleep", "1", "5", "10"}), other = held({"quick", "10"});
    ToolRun tool{"funclat", {"-o", "json", "-p", std::to_string(one.pid()), own("snoop_[qs]*")}};

    gate.open();
    EXPECT_EQ(one.wait().status, 0);
    EXPECT_EQ(other.wait().status, 0);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.out();
    EXPECT_EQ(tool.rows()[0]["function"], "snoop_sleep");
    expect_times(tool.rows()[0], 5, 10'000'000);
}

#if defined(__x86_64__)
TEST_F(UserFunction, NamesThoseThatTakeNoProbe)
{
    for (const Args &options : {Args{}, Args{"--count"}}) {
        Args args{own("snoop_locked"), "--", Load::self(), "quick", "1"};
        args.insert(args.begin(), options.begin(), options.end());
        const Outcome alone = run_tool("funclat", args);
        EXPECT_EQ(alone.code, 3);
        EXPECT_THAT(alone.err,
                    HasSubstr("calls of 'snoop_locked' are not counted, since the kernel refuses the probe"));
        EXPECT_THAT(alone.err, HasSubstr("takes a probe"));
    }

    SNOOP_NEEDS(cookies);
    for (const Args &options : {Args{}, Args{"--count"}}) {
        const Measured all = measure(own("snoop_*"), {"quick", "77"}, options);
        EXPECT_THAT(all.err, HasSubstr("calls of 'snoop_locked' are not counted"));
        EXPECT_EQ(number(all.row_of("snoop_quick")["count"]), 77u);
    }
}
#endif

// This process maps the file, too.
TEST_F(UserFunction, BreakpointsAreInTheGivenProcessOnly)
{
    const auto *code = reinterpret_cast<const volatile unsigned char *>(&snoop_quick);
    const auto bytes = [code] { return std::vector<unsigned char>{code, code + 16}; };
    const std::vector<unsigned char> before = bytes();
    const Process other = Process::exec(worker.exec({"sleep", "1", "1", "1000000"}));

    {
        ToolRun tool{"funclat", {"-p", std::to_string(other.pid()), own("snoop_quick")}};
        EXPECT_EQ(bytes(), before);
        EXPECT_EQ(tool.stop(), 0);
    }
    ToolRun tool{"funclat", {own("snoop_quick")}};
    EXPECT_NE(bytes(), before);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(bytes(), before);
}

TEST_F(UserFunction, ByOffset)
{
    const auto offset = funclat::ElfFunctions{Load::self()}.find("snoop_quick").offsets.at(0);
    const std::string function = fmt::format("0x{:x}", offset);
    const Measured quick = measure(own(function), {"quick", "30"});

    EXPECT_EQ(quick.row()["function"], function);
    expect_times(quick.row(), 30, 0);
}

TEST_F(UserFunction, OfLibrary)
{
    const Measured calls = measure("libc.so.6:getppid", {"getppid", "40"});

    expect_times(calls.row(), 40, 0);
    EXPECT_THAT(calls.row()["binary"].get<std::string>(), testing::EndsWith("/libc.so.6"));
}

TEST_F(UserFunction, Filters)
{
    const auto by = [](uid_t uid) { return [uid] { become(uid, uid); }; };
    // Ten of one and seven of another.
    const auto users = [&] {
        work({"quick", "10"}, by(1000));
        work({"quick", "7"}, by(1001));
    };
    EXPECT_EQ(counted({"--uid", "1000"}, users), 10u);
    EXPECT_EQ(counted({"--uid", "1000", "--uid", "1001"}, users), 17u);
    EXPECT_EQ(counted({"--uid", "0"}, users), 0u);

    const auto names = [&] {
        work({"named", "hammer", "10"});
        work({"named", "anvil", "7"});
    };
    EXPECT_EQ(counted({"-n", "hammer"}, names), 10u);
    EXPECT_EQ(counted({"-n", "hammer", "--comm", "anvil", "-P", std::to_string(getpid())}, names), 17u);
    EXPECT_EQ(counted({"-n", "hammer", "-P", "1"}, names), 0u);
}

TEST_F(UserFunction, ByProcess)
{
    Gate gate;
    const auto held = [&](const char *calls) {
        return Process{[&gate, calls] {
            gate.wait();
            exec_now(worker.exec({"threads", "2", calls}));
        }};
    };
    Process one = held("10"), two = held("7"), three = held("4");
    EXPECT_EQ(counted({"-p", std::to_string(one.pid()), "--pid", std::to_string(three.pid())},
                      [&] {
                          gate.open();
                          for (Process *process : {&one, &two, &three})
                              EXPECT_EQ(process->wait().status, 0);
                      }),
              28u);
}

TEST_F(UserFunction, ByCgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup inside;

    EXPECT_EQ(counted({"--cgroup", inside.path()},
                      [&] {
                          work({"quick", "10"}, [&] { inside.enter(); });
                          work({"quick", "7"});
                      }),
              10u);
}

} // namespace
} // namespace snoop::test
