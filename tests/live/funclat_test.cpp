// SPDX-License-Identifier: BSD-2-Clause
// funclat on this kernel: exact counts and lower bounds of times, of functions of this very
// program and of the kernel; recursion, threads, returns that nobody sees; filters, what it
// prints, and what it refuses.
#include "bpf_objects.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "tool_run.hpp"

#include "funclat/elf_functions.hpp"
#include "kernel/features.hpp"

#include <gmock/gmock.h>

#include <csetjmp>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <numeric>
#include <sched.h>
#include <set>
#include <sstream>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <time.h>
#include <unistd.h>

// ---- what is traced ------------------------------------------------------------------------

namespace {

void sleep_ms(int ms)
{
    timespec time{ms / 1000, ms % 1000 * 1'000'000};
    while (nanosleep(&time, &time) != 0) {}
}

} // namespace

extern "C" {

[[gnu::noipa]] int snoop_quick(int n) { return n + 1; }
int snoop_quick_too(int n) __attribute__((alias("snoop_quick"), copy(snoop_quick)));

[[gnu::noipa]] void snoop_sleep(int ms) { sleep_ms(ms); }

// Each call takes a millisecond longer than the one that it makes.
[[gnu::noipa]] int snoop_nested(int depth)
{
    sleep_ms(1);
    return depth > 1 ? snoop_nested(depth - 1) + 1 : 1;
}

[[gnu::noipa]] int snoop_deep(int depth) { return depth > 1 ? snoop_deep(depth - 1) + 1 : 1; }

[[gnu::noipa]] void snoop_jump(jmp_buf to) { longjmp(to, 1); }

[[gnu::noipa]] void snoop_die() { syscall(SYS_exit, 0); }
}

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Lt;
using testing::SizeIs;

using Args = std::vector<std::string>;

void in_threads(int threads, const std::function<void()> &body)
{
    std::vector<std::thread> all;
    for (int i = 0; i < threads; i++)
        all.emplace_back(body);
    for (auto &thread : all)
        thread.join();
}

void jump_once()
{
    jmp_buf here;
    if (setjmp(here) == 0)
        snoop_jump(here);
}

// A poll of an epoll that polls an epoll, and so on; a function of the kernel calls itself.
int poll_nested(int times)
{
    int inner = eventfd(1, 0), fd = inner;
    epoll_event event{};

    event.events = EPOLLIN;
    for (int i = 0; i < 4; i++) {
        fd = epoll_create1(0);
        if (epoll_ctl(fd, EPOLL_CTL_ADD, inner, &event) != 0)
            return 1;
        inner = fd;
    }
    for (int i = 0; i < times; i++)
        if (epoll_wait(fd, &event, 1, 0) != 1)
            return 1;
    return 0;
}

// "quick N", "threads T N", "sleep T N MS": so many threads, so many times each.
const Load worker{"worker", [](const Args &args) {
                      const std::string &what = args.at(0);
                      const auto number = [&](std::size_t i) { return std::stoi(args.at(i)); };
                      const auto repeat = [](int times, const auto &body) {
                          for (int i = 0; i < times; i++)
                              body();
                      };
                      if (what == "quick")
                          repeat(number(1), [] { snoop_quick(1); });
                      else if (what == "named" && prctl(PR_SET_NAME, args.at(1).c_str()) == 0)
                          repeat(number(2), [] { snoop_quick(1); });
                      else if (what == "threads")
                          in_threads(number(1), [&] { repeat(number(2), [] { snoop_quick(1); }); });
                      else if (what == "sleep")
                          in_threads(number(1), [&] { repeat(number(2), [&] { snoop_sleep(number(3)); }); });
                      else if (what == "nested")
                          in_threads(number(1), [&] { snoop_nested(number(2)); });
                      else if (what == "deep")
                          snoop_deep(number(1));
                      else if (what == "jump")
                          repeat(number(1), jump_once);
                      else if (what == "die")
                          repeat(number(1), [] { in_threads(1, snoop_die); });
                      else if (what == "getppid")
                          repeat(number(1), [] { getppid(); });
                      else if (what == "sync")
                          repeat(number(1), [] { sync(); });
                      else if (what == "poll")
                          return poll_nested(number(1));
                      else
                          return 1;
                      return 0;
                  }};

// ---- what funclat says -----------------------------------------------------------------------

std::uint64_t number(const Json &value) { return value.get<std::uint64_t>(); }

// seen = returned (or counted) + filtered + inside + missed + ended + lost; returns them.
Json expect_balance(const std::string &err)
{
    const Json accounting = parse_json(split_lines(err).back());
    std::uint64_t sum = 0;

    for (const char *key : {"returned", "counted", "filtered", "inside", "missed", "ended", "lost"})
        sum += accounting.contains(key) ? number(accounting[key]) : 0;
    EXPECT_EQ(number(accounting["seen"]), sum) << err;
    return accounting;
}

struct Measured {
    std::vector<Json> rows;
    Json accounting;
    std::string err;

    // The only row.
    [[nodiscard]] const Json &row() const { return rows.at(0); }
    [[nodiscard]] const Json &row_of(const std::string &function) const
    {
        for (const Json &row : rows)
            if (row["function"] == function)
                return row;
        throw std::runtime_error("no row of " + function + "\n" + err);
    }
};

class Funclat : public testing::Test {
protected:
    // A function of this program.
    static std::string own(const std::string &function) { return Load::self() + ":" + function; }

    // What it measures of what a worker does.
    static Measured measure(const std::string &function, const Args &work, const Args &options = {}, int code = 0)
    {
        Args args{"-o", "json"};
        args.insert(args.end(), options.begin(), options.end());
        args.insert(args.end(), {function, "--", Load::self()});
        args.insert(args.end(), work.begin(), work.end());
        ToolRun tool{"funclat", args, {.env = worker.env()}};
        EXPECT_EQ(tool.wait(), code) << tool.err();
        EXPECT_THAT(tool.err(), HasSubstr(" exited with 0\n"));
        return {tool.rows(), expect_balance(tool.err()), tool.err()};
    }

    // What it counts of snoop_quick, while `body` runs.
    static std::uint64_t counted(Args args, const std::function<void()> &body)
    {
        args.insert(args.begin(), {"-o", "json", own("snoop_quick")});
        ToolRun tool{"funclat", args};
        body();
        EXPECT_EQ(tool.stop(), 0);
        expect_balance(tool.err());
        return number(tool.rows().at(0)["count"]);
    }

    static void work(
        const Args &args, const std::function<void()> &before = [] {})
    {
        EXPECT_EQ(in_child([&] {
                      before();
                      exec_now(worker.exec(args));
                  }).status,
                  0);
    }
};

// Slots, sum and maximum agree, and no call took less than so many nanoseconds.
void expect_times(const Json &row, std::uint64_t calls, std::uint64_t least)
{
    const auto &slots = row["slots"];
    std::uint64_t sum = 0;

    EXPECT_EQ(number(row["returned"]), calls) << row;
    ASSERT_FALSE(slots.empty()) << row;
    for (const Json &slot : slots) {
        EXPECT_GE(number(slot["hi"]), least) << row;
        EXPECT_GT(number(slot["count"]), 0u);
        sum += number(slot["count"]);
    }
    EXPECT_EQ(sum, calls) << row;
    EXPECT_GE(number(row["sum"]), calls * least) << row;
    EXPECT_THAT(number(row["max"]), AllOf(Ge(number(slots.back()["lo"])), Le(number(slots.back()["hi"])))) << row;
    EXPECT_NEAR(row["avg"].get<double>(), row["sum"].get<double>() / static_cast<double>(calls), 0.001);
}

// ---- functions of a program ----------------------------------------------------------------------

class OfAProgram : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }
};

TEST_F(OfAProgram, EveryCallOfFourThreads)
{
    const Measured quick = measure(own("snoop_quick"), {"threads", "4", "2000"});

    EXPECT_THAT(quick.rows, SizeIs(1));
    EXPECT_EQ(number(quick.accounting["seen"]), 8000u);
    EXPECT_EQ(number(quick.row()["count"]), 8000u);
    expect_times(quick.row(), 8000, 0);
    EXPECT_EQ(number(quick.accounting["returned"]), 8000u);
}

TEST_F(OfAProgram, ThreadsThatSleepInItAtTheSameTime)
{
    const Measured sleeps = measure(own("snoop_sleep"), {"sleep", "16", "2", "20"});

    EXPECT_EQ(number(sleeps.row()["count"]), 32u);
    expect_times(sleeps.row(), 32, 20'000'000);
    EXPECT_GE(number(sleeps.row()["max"]), 20'000'000u);
}

TEST_F(OfAProgram, ACallInsideAnotherOfTheSameFunction)
{
    const Measured nested = measure(own("snoop_nested"), {"nested", "3", "8"});

    EXPECT_EQ(number(nested.row()["count"]), 24u);
    expect_times(nested.row(), 24, 1'000'000);
    // 1 + 2 + … + 8 ms in each thread.
    EXPECT_GE(number(nested.row()["sum"]), 3u * 36'000'000);
    EXPECT_GE(number(nested.row()["max"]), 8'000'000u);
}

// The kernel follows 64 calls of a thread that are inside each other, and so does the tool.
TEST_F(OfAProgram, CallsDeeperThanReturnsAreSeen)
{
    const Measured deep = measure(own("snoop_deep"), {"deep", "100"}, {}, 0);

    EXPECT_EQ(number(deep.row()["count"]), 100u);
    EXPECT_EQ(number(deep.row()["returned"]), 64u);
    EXPECT_EQ(number(deep.row()["missed"]), 36u);
    EXPECT_EQ(number(deep.accounting["missed"]), 36u);
}

TEST_F(OfAProgram, CallsThatAreLeftByAJump)
{
    const Measured jumps = measure(own("snoop_jump"), {"jump", "50"}, {"--strict"}, 1);

    EXPECT_EQ(number(jumps.row()["count"]), 50u);
    EXPECT_EQ(number(jumps.row()["returned"]), 0u);
    EXPECT_EQ(number(jumps.accounting["missed"]), 49u); // each by the next one
    EXPECT_EQ(jumps.row()["avg"], nullptr);
    EXPECT_EQ(jumps.row()["max"], nullptr);
    EXPECT_TRUE(jumps.row()["slots"].empty());
}

TEST_F(OfAProgram, ThreadsThatEndInItLeaveNothingBehind)
{
    ToolRun tool{"funclat", {"-o", "json", own("snoop_die")}};

    work({"die", "20"});
    EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "calls") == 0; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(number(tool.rows().at(0)["count"]), 20u);
    EXPECT_EQ(number(tool.rows().at(0)["ended"]), 20u);
    EXPECT_EQ(number(expect_balance(tool.err())["ended"]), 20u);
}

TEST_F(OfAProgram, CallsThatAreUnderWayAtTheEnd)
{
    ToolRun tool{"funclat", {"-o", "json", own("snoop_sleep")}};
    Process sleeper = Process::exec(worker.exec({"sleep", "2", "1", "1000000"}));

    EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "calls") == 2; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(number(tool.rows().at(0)["count"]), 2u);
    EXPECT_EQ(number(expect_balance(tool.err())["inside"]), 2u);
}

TEST_F(OfAProgram, Units)
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

TEST_F(OfAProgram, IntervalsAddUp)
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

TEST_F(OfAProgram, WhatARowHas)
{
    Json row = measure(own("snoop_quick"), {"quick", "10"}).row();

    EXPECT_THAT(row["time"].get<std::string>(), testing::EndsWith("Z"));
    for (const char *key : {"time", "seconds", "sum", "avg", "max", "slots"})
        EXPECT_EQ(row.erase(key), 1u) << key;
    EXPECT_EQ(row, (Json{{"event", "latency"},
                         {"function", "snoop_quick"},
                         {"binary", Load::self()},
                         {"count", 10},
                         {"returned", 10},
                         {"missed", 0},
                         {"ended", 0},
                         {"unit", "ns"}}));
}

TEST_F(OfAProgram, AHistogramInText)
{
    ToolRun tool{
        "funclat", {"-u", own("snoop_sleep"), "--", Load::self(), "sleep", "1", "4", "20"}, {.env = worker.env()}};
    EXPECT_EQ(tool.wait(), 0);
    const auto lines = tool.lines();

    ASSERT_THAT(lines, SizeIs(Ge(5u))) << tool.out();
    EXPECT_TRUE(matches(lines[0], R"(# \d\d:\d\d:\d\d, \d+\.\d s, snoop_sleep in .+)")) << lines[0];
    EXPECT_EQ(lines[1], "                      us : count    distribution");
    constexpr const char *slot = R"( +\d+ -> \d+ +: \d+ +\|[* ]{40}\|)";
    for (std::size_t i = 2; i + 2 < lines.size(); i++)
        EXPECT_TRUE(matches(lines[i], slot)) << lines[i];
    EXPECT_THAT(lines[2], HasSubstr(" -> "));
    EXPECT_TRUE(matches(lines[lines.size() - 2],
                        R"(# calls 4, returned 4, average \d+\.\d{3} us, longest \d+\.\d{3} us, total \d+\.\d{3} us)"))
        << tool.out();
    EXPECT_EQ(lines.back(), "");
    EXPECT_EQ(tool.err_lines().back(),
              "funclat: seen 4 = returned 4 + filtered 0 + inside 0 + missed returns 0 + ended inside 0 + lost 0");
}

TEST_F(OfAProgram, SeveralByAPattern)
{
    if (lacks(Hook::cookies)) {
        const Outcome refused = run_tool("funclat", {own("snoop_[qs]*")});
        EXPECT_EQ(refused.code, 3);
        EXPECT_THAT(refused.err, HasSubstr("does not tell apart"));
        return;
    }
    // snoop_quick has another name, too, and yet is one function.
    const Measured both = measure(own("snoop_[qs]*"), {"sleep", "2", "3", "10"});
    EXPECT_THAT(both.rows, SizeIs(1));
    expect_times(both.row_of("snoop_sleep"), 6, 10'000'000);

    const Measured quick = measure(own("snoop_*"), {"quick", "77"});
    EXPECT_THAT(quick.rows, SizeIs(1));
    expect_times(quick.row_of("snoop_quick"), 77, 0);
}

// Of one process, which takes a link for each function.
TEST_F(OfAProgram, SeveralOfOneProcess)
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

TEST_F(OfAProgram, ATableInText)
{
    SNOOP_NEEDS(cookies);
    ToolRun tool{"funclat", {own("snoop_*"), "--", Load::self(), "nested", "1", "3"}, {.env = worker.env()}};
    EXPECT_EQ(tool.wait(), 0);
    const auto lines = tool.lines();

    ASSERT_THAT(lines, SizeIs(5)) << tool.out();
    EXPECT_TRUE(matches(lines[0], R"(# \d\d:\d\d:\d\d, \d+\.\d s, 1 of \d+ functions in .+)"));
    EXPECT_EQ(lines[1], "FUNCTION          COUNT    PER-SEC    AVERAGE(ns)    LONGEST(ns)        TOTAL(ns)");
    EXPECT_TRUE(matches(lines[2], R"(snoop_nested          3 +\d+\.\d( +\d+){3})")) << lines[2];
    EXPECT_TRUE(matches(lines[3], R"(# total 3, \d+\.\d a second)")) << lines[3];
    EXPECT_EQ(lines[4], "");
}

TEST_F(OfAProgram, ByItsPlaceInTheFile)
{
    const auto offset = snoop::funclat::ElfFunctions{Load::self()}.find("snoop_quick").offsets.at(0);
    const std::string function = fmt::format("0x{:x}", offset);
    const Measured quick = measure(own(function), {"quick", "30"});

    EXPECT_EQ(quick.row()["function"], function);
    expect_times(quick.row(), 30, 0);
}

TEST_F(OfAProgram, OfALibraryByItsName)
{
    const Measured calls = measure("libc.so.6:getppid", {"getppid", "40"});

    expect_times(calls.row(), 40, 0);
    EXPECT_THAT(calls.row()["binary"].get<std::string>(), testing::EndsWith("/libc.so.6"));
}

TEST_F(OfAProgram, Filters)
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

TEST_F(OfAProgram, ByProcess)
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

TEST_F(OfAProgram, ByCgroup)
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

// ---- functions of the kernel -------------------------------------------------------------------

// On a kernel that preempts programs, hits at fentry may be skipped; the accounting say how many.
bool may_skip(const std::string &probe) { return probe == "fentry" && kernel::may_preempt_programs(); }

class OfTheKernel : public Funclat {
protected:
    static void expect_calls_and_times(const std::string &probe)
    {
        const Measured syncs = measure("ksys_sync", {"sync", "5"}, {"-v", "--probe", probe});
        const Measured sleeps = measure("hrtimer_nanosleep", {"sleep", "1", "10", "20"}, {"--probe", probe});

        EXPECT_THAT(syncs.err, HasSubstr("funclat: probe: " + probe + "\n"));
        EXPECT_EQ(syncs.row()["binary"], nullptr);
        if (may_skip(probe)) {
            EXPECT_LE(number(syncs.row()["count"]), 5u);
            EXPECT_GE(number(syncs.row()["count"]) + number(syncs.accounting["lost"]), 5u);
            EXPECT_LE(number(sleeps.row()["count"]), 10u);
            EXPECT_GE(number(sleeps.row()["count"]) + number(sleeps.accounting["lost"]), 10u);
            expect_times(sleeps.row(), number(sleeps.row()["returned"]), 20'000'000);
            return;
        }
        EXPECT_EQ(number(syncs.row()["count"]), 5u);
        expect_times(syncs.row(), 5, 0);
        EXPECT_EQ(number(sleeps.row()["count"]), 10u);
        expect_times(sleeps.row(), 10, 20'000'000);
    }
};

TEST_F(OfTheKernel, ByFentry)
{
    SNOOP_NEEDS(fentry);
    expect_calls_and_times("fentry");
}

TEST_F(OfTheKernel, ByKprobe)
{
    SNOOP_NEEDS(kprobe);
    expect_calls_and_times("kprobe");
}

TEST_F(OfTheKernel, ByWhatTheSystemHas)
{
    SNOOP_NEEDS(kprobe);
    const Measured syncs = measure("ksys_sync", {"sync", "2"}, {"-v"});
    const bool by_fentry = !lacks(Hook::fentry) && kernel::guards_fentry();

    EXPECT_THAT(syncs.err, HasSubstr(by_fentry ? "funclat: probe: fentry\n" : "funclat: probe: kprobe\n"));
}

// A function has few kretprobes, and each call that sleeps keeps one.
TEST_F(OfTheKernel, ReturnsThatAKprobeMisses)
{
    SNOOP_NEEDS(kprobe);
    const Measured sleeps = measure("hrtimer_nanosleep", {"sleep", "32", "2", "300"}, {"--probe", "kprobe"});
    const auto returned = number(sleeps.row()["returned"]), missed = number(sleeps.row()["missed"]);

    EXPECT_EQ(number(sleeps.row()["count"]), 64u);
    EXPECT_THAT(returned, AllOf(Ge(1u), Lt(64u)));
    EXPECT_GE(missed, 1u);
    EXPECT_EQ(returned + missed + number(sleeps.accounting["inside"]) + number(sleeps.accounting["ended"]), 64u);
    expect_times(sleeps.row(), returned, 300'000'000);
}

TEST_F(OfTheKernel, FentryMissesNone)
{
    SNOOP_NEEDS(fentry);
    const Measured sleeps = measure("hrtimer_nanosleep", {"sleep", "32", "2", "300"}, {"--probe", "fentry"});

    if (may_skip("fentry")) {
        EXPECT_GE(number(sleeps.row()["count"]) + number(sleeps.accounting["lost"]), 64u);
        return;
    }
    EXPECT_EQ(number(sleeps.row()["count"]), 64u);
    EXPECT_EQ(number(sleeps.row()["missed"]), 0u);
    expect_times(sleeps.row(), 64, 300'000'000);
}

// The first function of the kernel that has one of these names; empty if none has.
std::string function_of(const std::set<std::string> &names)
{
    std::istringstream symbols{read_file("/proc/kallsyms")};
    std::string address, type, name, rest;

    for (; symbols >> address >> type >> name; std::getline(symbols, rest))
        if ((type == "t" || type == "T") && names.contains(name))
            return name;
    return {};
}

TEST_F(OfTheKernel, Recursion)
{
    SNOOP_NEEDS(kprobe);
    const std::string function =
        function_of({"__ep_eventpoll_poll", "__ep_eventpoll_poll.isra.0", "ep_item_poll", "ep_item_poll.isra.0"});
    ASSERT_NE(function, "") << "none of the functions by which an epoll polls an epoll";
    constexpr std::uint64_t polls = 200, deep = 3;

    const Measured nested = measure(function, {"poll", std::to_string(polls)}, {"--probe", "kprobe"});
    const auto count = number(nested.row()["count"]), missed = number(nested.row()["missed"]);
    EXPECT_GE(count, polls * deep);
    // Before 6.1 there are no more kretprobes than processors, and what they miss is known at once: with one
    // processor all but the outermost call of each poll.
    expect_times(nested.row(), count - missed, 0);
    EXPECT_GE(count - missed, polls);

    const Measured pattern = measure(function + "*", {"poll", std::to_string(polls)});
    EXPECT_GE(number(pattern.row_of(function)["count"]), polls * deep);
    if (!lacks(Hook::cookies))
        expect_times(pattern.row_of(function), number(pattern.row_of(function)["count"]), 0);
}

// Under load, on all processors, in interrupts: whatever happens, the accounting balance.
TEST_F(OfTheKernel, AFunctionThatIsCalledEverywhere)
{
    SNOOP_NEEDS(kprobe);
    for (const std::string &probe : Args{"fentry", "kprobe"}) {
        if (probe == "fentry" && (lacks(Hook::fentry) || !kernel::guards_fentry()))
            continue;
        ToolRun tool{"funclat", {"-o", "json", "--probe", probe, "-i", "0.05", "kmem_cache_free"}};
        work({"sleep", "8", "20", "1"});
        work({"poll", "2000"});
        EXPECT_EQ(tool.stop(), 0);
        const Json accounting = expect_balance(tool.err());
        std::uint64_t count = 0, returned = 0;
        for (const Json &row : tool.rows()) {
            count += number(row["count"]);
            returned += number(row["returned"]);
        }
        EXPECT_EQ(number(accounting["seen"]), count + number(accounting["lost"]));
        EXPECT_EQ(number(accounting["returned"]), returned);
        EXPECT_GE(returned, 100u);
        EXPECT_GE(returned * 2, count) << accounting; // of a kprobe some returns are missed
    }
}

TEST_F(OfTheKernel, SeveralByAPattern)
{
    SNOOP_NEEDS(kprobe);
    const Measured sleeps = measure("hrtimer_nanos*", {"sleep", "1", "5", "20"}, {"-v"});
    const Json &row = sleeps.row_of("hrtimer_nanosleep");
    const bool multi = !lacks(Hook::kprobe_multi);

    EXPECT_THAT(sleeps.err, HasSubstr(multi ? "funclat: probe: kprobe.multi\n" : "funclat: probe: kprobe"));
    EXPECT_EQ(number(row["count"]), 5u);
    if (multi || !lacks(Hook::cookies)) {
        expect_times(row, 5, 20'000'000);
    } else {
        EXPECT_EQ(row["returned"], nullptr);
        EXPECT_THAT(sleeps.err, HasSubstr("calls are counted, not timed"));
    }
}

TEST_F(OfTheKernel, FiltersByProcess)
{
    SNOOP_NEEDS(kprobe);
    Gate gate;
    const auto held = [&](const char *times) {
        return Process{[&gate, times] {
            gate.wait();
            exec_now(worker.exec({"sync", times}));
        }};
    };
    Process one = held("4"), other = held("3");
    ToolRun tool{"funclat", {"-o", "json", "-p", std::to_string(one.pid()), "--probe", "kprobe", "ksys_sync"}};

    gate.open();
    EXPECT_EQ(one.wait().status, 0);
    EXPECT_EQ(other.wait().status, 0);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(number(tool.rows().at(0)["count"]), 4u);
    EXPECT_EQ(number(expect_balance(tool.err())["filtered"]), 3u);
}

// ---- what it refuses ------------------------------------------------------------------------------

void expect_refusal(const Args &args, int code, const std::string &text)
{
    const Outcome refused = run_tool("funclat", args);

    EXPECT_EQ(refused.code, code) << refused.err;
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err_lines(), ElementsAre(HasSubstr(text)));
}

TEST_F(Funclat, RefusesWhatIsNoFunction)
{
    const std::string self = Load::self();

    expect_refusal({}, 2, "say which function");
    expect_refusal({"vfs_read", "vfs_write"}, 2, "'vfs_write' is not expected");
    expect_refusal({"vfs_raed"}, 2, "no function 'vfs_raed', or only inlined into others; did you mean vfs_read");
    expect_refusal({"no_such_thing_*"}, 2, "'no_such_thing_*' matches no function of this kernel");
    expect_refusal({self}, 2, "a function of a program is BINARY:FUNCTION");
    expect_refusal({self + ":"}, 2, "is no BINARY:FUNCTION");
    expect_refusal({self + ":snoop_quikc"}, 2, "has no function 'snoop_quikc'; did you mean snoop_quick?");
    expect_refusal({self + ":no_such_*"}, 2, "'no_such_*' matches no function in");
    expect_refusal({self + ":getppid"}, 2, "name the library instead");
    expect_refusal({self + ":0x1"}, 2, "has no code at offset 0x1");
    expect_refusal({"/no/such/file:main"}, 2, "cannot read '/no/such/file'");
    expect_refusal({"no-such-program:main"}, 2, "'no-such-program' is neither on the PATH");
    expect_refusal({"/proc/self/status:main"}, 2, "is neither a program nor a library (ELF)");
    expect_refusal({"libc.so.6:strlen"}, 3, "chosen when a program starts (IFUNC)");
    expect_refusal({"-p", "4194304", "libc.so.6:malloc"}, 2, "there is no process 4194304");
}

TEST_F(Funclat, RefusesOptionsThatDoNotGoTogether)
{
    expect_refusal({"-u", "-m", "vfs_read"}, 2, "exclude each other");
    expect_refusal({"--probe", "uprobe", "vfs_read"}, 2, "is a function of the kernel");
    expect_refusal({"--probe", "kprobe", own("snoop_quick")}, 2, "only uprobe can trace it");
    expect_refusal({"--probe", "fentry", "vfs_*"}, 2, "is a pattern");
    expect_refusal({"-i", "0", "vfs_read"}, 2, "--interval");
}

TEST_F(OfTheKernel, RefusesWhatItCannotTrace)
{
    SNOOP_NEEDS(kprobe);
    std::istringstream blacklist{read_file("/sys/kernel/debug/kprobes/blacklist")};
    std::set<std::string> forbidden;
    for (std::string line; std::getline(blacklist, line);)
        forbidden.insert(line.substr(line.find('\t') + 1));
    // A name that is a function's, and only one's.
    for (const auto &name : forbidden)
        if (function_of({name}) == name) {
            expect_refusal({"--probe", "kprobe", name}, 3, fmt::format("'{}' cannot be traced: ", name));
            return;
        }
    FAIL() << "no function in the list of those that no kprobe may be on";
}

TEST_F(Funclat, SaysWhatTheKernelLacks)
{
    if (lacks(Hook::kprobe) && lacks(Hook::fentry))
        expect_refusal({"vfs_read"}, 3, "functions of this kernel cannot be traced: ");
    else
        EXPECT_EQ(run_tool("funclat", {"-d", "0.01", "vfs_read"}).code, 0);
    if (lacks(Hook::kprobe))
        expect_refusal({"--probe", "kprobe", "vfs_read"}, 3, "it has no kprobes (CONFIG_KPROBES)");
}

} // namespace
} // namespace snoop::test
