// SPDX-License-Identifier: BSD-2-Clause
// funclat: functions of the kernel, by fentry and by kprobe.
#include "funclat/funclat.hpp"
#include "kernel/features.hpp"

#include <cstdint>
#include <string>
#include <sys/epoll.h>
#include <time.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;

TEST_F(KernelFunctionTest, ByFentry)
{
    SNOOP_NEEDS(fentry);
    expect_calls_and_times("fentry");
}

TEST_F(KernelFunctionTest, ByKprobe)
{
    SNOOP_NEEDS(kprobe);
    expect_calls_and_times("kprobe");
}

TEST_F(KernelFunctionTest, ByAutomaticProbe)
{
    SNOOP_NEEDS(kprobe);
    const Measured syncs = measure("ksys_sync", {"sync", "2"}, {"-v"});
    const bool by_fentry = !lacks(Hook::fentry) && kernel::guards_fentry();

    EXPECT_THAT(syncs.err, HasSubstr(by_fentry ? "funclat: probe: fentry\n" : "funclat: probe: kprobe\n"));
}

// A function has a limited number of kretprobe instances, and each sleeping call holds one.
TEST_F(KernelFunctionTest, MissedReturns)
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

TEST_F(KernelFunctionTest, FentryMissesNoReturn)
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

TEST_F(KernelFunctionTest, Recursion)
{
    SNOOP_NEEDS(kprobe);
    const std::string function =
        function_of({"__ep_eventpoll_poll", "__ep_eventpoll_poll.isra.0", "ep_item_poll", "ep_item_poll.isra.0"});
    ASSERT_NE(function, "") << "none of the functions by which an epoll polls an epoll";
    constexpr std::uint64_t polls = 200, deep = 3;

    const Measured nested = measure(function, {"poll", std::to_string(polls)}, {"--probe", "kprobe"});
    const auto count = number(nested.row()["count"]), missed = number(nested.row()["missed"]);
    EXPECT_GE(count, polls * deep);
    // Before 6.1 there are as many kretprobes as CPUs, so the number of misses is known: with one CPU,
    // all but the outermost call of each poll.
    expect_times(nested.row(), count - missed, 0);
    EXPECT_GE(count - missed, polls);

    const Measured pattern = measure(function + "*", {"poll", std::to_string(polls)});
    EXPECT_GE(number(pattern.row_of(function)["count"]), polls * deep);
    if (!lacks(Hook::kprobe_multi))
        expect_times(pattern.row_of(function), number(pattern.row_of(function)["count"]), 0);
}

// Under load, on all CPUs and in interrupts, the accounting balances.
TEST_F(KernelFunctionTest, FunctionCalledEverywhere)
{
    SNOOP_NEEDS(kprobe);
    for (const std::string &probe : Args{"fentry", "kprobe"}) {
        if (probe == "fentry" && (lacks(Hook::fentry) || !kernel::guards_fentry()))
            continue;
        ToolRun tool{"funclat", {"-o", "json", "--probe", probe, "-i", "0.05", "kmem_cache_free"}};
        work({"sleep", "8", "20", "1"});
        work({"poll", "2000"});
        EXPECT_EQ(tool.stop(), 0);
        const Json accounting = expect_calls_balance(tool.err());
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

TEST_F(KernelFunctionTest, Pattern)
{
    SNOOP_NEEDS(kprobe);
    const Measured sleeps = measure("hrtimer_nanos*", {"sleep", "1", "5", "20"}, {"-v"});
    const Json &row = sleeps.row_of("hrtimer_nanosleep");
    const bool multi = !lacks(Hook::kprobe_multi);

    EXPECT_THAT(sleeps.err, HasSubstr(multi ? "funclat: probe: kprobe.multi\n" : "funclat: probe: kprobe"));
    EXPECT_EQ(number(row["count"]), 5u);
    expect_times(row, 5, 20'000'000);
}

TEST_F(KernelFunctionTest, FiltersByProcess)
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
    EXPECT_EQ(number(expect_calls_balance(tool.err())["filtered"]), 3u);
}

} // namespace
} // namespace snoop::test
