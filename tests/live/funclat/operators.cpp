// SPDX-License-Identifier: BSD-2-Clause
// funclat: percentiles, --histograms, --by and --count.
#include "attach/uprobe.hpp"
#include "funclat/funclat.hpp"

#include <algorithm>
#include <string>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;

class Operators : public Funclat {
protected:
    // Returns what is printed as text while the worker works.
    static std::string text_of(Args args, const Args &work)
    {
        args.insert(args.end(), {"--", Load::self()});
        args.insert(args.end(), work.begin(), work.end());
        ToolRun tool{"funclat", args, {.env = worker.env()}};
        EXPECT_EQ(tool.wait(), 0) << tool.err();
        return tool.out();
    }
};

// 18 of 20 calls sleep for 2 ms, 2 for at least 60 ms.
TEST_F(Operators, Percentiles)
{
    for (const char *unit : {"-u", "-m"}) {
        const Measured sleeps = measure(own("snoop_sleep"), {"sleeps", "18", "2", "2", "60"}, {unit});
        const double ms = unit == std::string{"-u"} ? 1000 : 1;
        const auto p50 = sleeps.row()["p50"].get<double>(), p90 = sleeps.row()["p90"].get<double>(),
                   p99 = sleeps.row()["p99"].get<double>(), max = sleeps.row()["max"].get<double>();

        EXPECT_THAT(p50, AllOf(Ge(2 * ms), Le(60 * ms))) << sleeps.row();
        EXPECT_THAT(p90, AllOf(Ge(p50), Le(max)));
        EXPECT_THAT(p99, AllOf(Ge(60 * ms), Le(max)));
        EXPECT_EQ(sleeps.row()["by"], nullptr);
    }
}

TEST_F(Operators, PercentilesOfManyFunctions)
{
    SNOOP_NEEDS(cookies);
    const char *many = has_uprobe_multi() ? "libc.so.6:*get*" : "libc.so.6:*getp*"; // each probe takes a link there
    const Measured calls = measure(many, {"getppid", "30"});
    const Json &row = calls.row_of("getppid");

    EXPECT_EQ(number(row["count"]), 30u);
    EXPECT_THAT(number(row["p99"]), AllOf(Ge(number(row["p50"])), Le(number(row["max"]))));
}

TEST_F(Operators, Histograms)
{
    SNOOP_NEEDS(cookies);
    const std::string text =
        text_of({"--histograms", own("snoop_nested"), own("snoop_sleep"), own("snoop_quick")}, {"nested", "1", "3"});
    const std::string other = text_of({"--histograms", "--by", "comm", own("snoop_quick")}, {"named", "a b", "3"});

    EXPECT_THAT(text, AllOf(HasSubstr("snoop_nested in "), HasSubstr("distribution\n"),
                            HasSubstr("# calls 3, returned 3"), HasSubstr("\n# p50 "), Not(HasSubstr("snoop_quick"))));
    EXPECT_THAT(other, HasSubstr(R"(, a\x20b)"));
}

TEST_F(Operators, ByThread)
{
    const Measured all = measure(own("snoop_quick"), {"threads", "3", "5"}, {"--by", "thread"});
    std::set<std::uint64_t> threads;

    ASSERT_EQ(all.rows.size(), 3u);
    for (const Json &row : all.rows) {
        expect_times(row, 5, 0);
        EXPECT_EQ(number(row["count"]), 5u);
        EXPECT_EQ(row["by"], "thread");
        EXPECT_EQ(row["key"], std::to_string(number(row["tid"])));
        EXPECT_EQ(row["pid"], all.rows[0]["pid"]);
        EXPECT_EQ(row["missed"], nullptr);
        threads.insert(number(row["tid"]));
    }
    EXPECT_EQ(threads.size(), 3u);
}

TEST_F(Operators, ByProcess)
{
    ToolRun tool{"funclat", {"-o", "json", "--by", "process", own("snoop_quick")}};
    work({"named", "one", "3"});
    work({"named", "other", "4"});
    EXPECT_EQ(tool.stop(), 0);
    expect_calls_balance(tool.err());
    const auto rows = tool.rows();

    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(number(rows[0]["count"]), 4u);
    EXPECT_EQ(rows[0]["comm"], "other");
    EXPECT_EQ(number(rows[1]["count"]), 3u);
    EXPECT_EQ(rows[1]["comm"], "one");
    EXPECT_NE(rows[0]["pid"], rows[1]["pid"]);
    EXPECT_EQ(rows[0]["tid"], nullptr);
}

TEST_F(Operators, ByCommInIntervals)
{
    ToolRun tool{"funclat", {"-o", "json", "-i", "0.05", "--by", "comm", own("snoop_quick")}};
    for (int i = 0; i < 20; i++)
        work({"named", i % 2 ? "odd" : "even", "7"});
    EXPECT_EQ(tool.stop(), 0);
    const Json accounting = expect_calls_balance(tool.err());
    std::uint64_t odd = 0, even = 0;

    for (const Json &row : tool.rows()) {
        (row["key"] == "odd" ? odd : even) += number(row["count"]);
        if (number(row["returned"]) > 0)
            expect_times(row, number(row["returned"]), 0);
    }
    EXPECT_EQ(odd, 70u);
    EXPECT_EQ(even, 70u);
    EXPECT_EQ(number(accounting["returned"]), 140u);
}

// Callers that find no room are counted together.
TEST_F(Operators, MoreKeysThanRoom)
{
    ToolRun tool{"funclat", {"-o", "json", "--by", "comm", "--max-keys", "1", own("snoop_quick")}};
    work({"named", "first", "2"});
    work({"named", "second", "3"});
    work({"named", "third", "4"});
    EXPECT_EQ(tool.stop(), 0);
    const Json accounting = expect_calls_balance(tool.err());
    const auto rows = tool.rows();
    const auto other = std::ranges::find(rows, Json("other"), [](const Json &row) { return row["key"]; });

    ASSERT_EQ(rows.size(), 2u);
    ASSERT_NE(other, rows.end());
    EXPECT_EQ(number((*other)["count"]), 7u);
    EXPECT_EQ(number((*other)["returned"]), 7u);
    EXPECT_EQ((*other)["comm"], nullptr);
    EXPECT_EQ((*other)["p50"], nullptr);
    EXPECT_EQ(number(accounting["lost"]), 0u);
    EXPECT_EQ(number(accounting["other"]), 7u);
}

TEST_F(Operators, Count)
{
    const Measured quick = measure(own("snoop_quick"), {"threads", "2", "50"}, {"--count", "-v"});

    EXPECT_EQ(number(quick.row()["count"]), 100u);
    EXPECT_EQ(quick.row()["returned"], nullptr);
    EXPECT_EQ(quick.row()["p50"], nullptr);
    EXPECT_EQ(number(quick.accounting["counted"]), 100u);
    EXPECT_THAT(quick.err, Not(HasSubstr("calls are counted, not timed")));
    EXPECT_THAT(text_of({"--count", own("snoop_quick")}, {"quick", "3"}),
                AllOf(HasSubstr("# calls 3\n"), Not(HasSubstr("p50"))));

    // A function of which no return is ever seen.
    const Measured jumps = measure(own("snoop_jump"), {"jump", "9"}, {"--count", "--by", "process"});
    EXPECT_EQ(number(jumps.row()["count"]), 9u);
    EXPECT_EQ(number(jumps.accounting["counted"]), 9u);
}

TEST_F(Operators, CountsOfTheKernel)
{
    SNOOP_NEEDS(kprobe);
    const Measured syncs = measure("ksys_sync", {"sync", "6"}, {"--count", "--probe", "kprobe"});

    EXPECT_EQ(number(syncs.row()["count"]), 6u);
    EXPECT_EQ(syncs.row()["returned"], nullptr);
}

TEST_F(Operators, KernelFunctionByThread)
{
    SNOOP_NEEDS(kprobe);
    const Measured sleeps =
        measure("hrtimer_nanosleep", {"sleep", "2", "5", "5"}, {"--by", "thread", "--probe", "kprobe"});

    ASSERT_EQ(sleeps.rows.size(), 2u);
    for (const Json &row : sleeps.rows) {
        EXPECT_EQ(number(row["count"]), 5u);
        EXPECT_LE(number(row["returned"]), 5u);
        // On 5.10 a kretprobe tracks as many calls at once as there are CPUs, and other threads sleep as well.
        if (number(row["returned"]) > 0)
            expect_times(row, number(row["returned"]), 5'000'000);
    }
}

// 3 of 10 calls are slow: they sleep for 60 ms.
TEST_F(Operators, Slower)
{
    const Measured all = measure(own("snoop_sleep"), {"sleeps", "7", "1", "3", "60"}, {"-u", "--slower", "50ms"});
    std::uint64_t slow = 0;

    for (const Json &row : all.rows) {
        if (row["event"] != "slow_call")
            continue;
        slow++;
        EXPECT_GE(row["duration"].get<double>(), 60'000.0);
        EXPECT_EQ(row["unit"], "us");
        EXPECT_EQ(row["function"], "snoop_sleep");
        EXPECT_EQ(row["binary"], Load::self());
        EXPECT_EQ(row["pid"], row["tid"]);
        EXPECT_EQ(number(row["uid"]), getuid());
    }
    EXPECT_GE(slow, 3u); // on a machine that is busy, others can be slow, too
    EXPECT_EQ(all.rows.back()["event"], "latency");
    EXPECT_EQ(number(all.rows.back()["count"]), 10u);
    EXPECT_EQ(number(all.accounting["slow"]), slow);
    EXPECT_EQ(number(all.accounting["slow_lost"]), 0u);
    EXPECT_EQ(measure(own("snoop_sleep"), {"sleep", "1", "5", "1"}, {"--slower", "50s"}).rows.size(), 1u);
    EXPECT_THAT(text_of({"-m", "--slower", "50ms", own("snoop_sleep")}, {"sleeps", "2", "1", "1", "60"}),
                AllOf(HasSubstr("TIME     PID     TID     COMM            DURATION(ms) FUNCTION\n"),
                      HasSubstr(" snoop_sleep\n# ")));
}

// A row is printed when its call returns, not when the tool ends.
TEST_F(Operators, SlowCallsAreShownAsTheyHappen)
{
    ToolRun tool{"funclat", {"-o", "json", "--slower", "1ns", "--gross", own("snoop_quick")}};
    work({"named", "slow one", "1"});
    EXPECT_EQ(tool.row_with("slow_call")["comm"], "slow one");
    EXPECT_EQ(tool.stop(), 0);
}

// The ring has room for some records: the others are counted.
TEST_F(Operators, SlowCallsThatAreLost)
{
    const Measured all = measure(own("snoop_quick"), {"threads", "4", "5000"},
                                 {"--slower", "1ns", "--ring-size", "4096", "--strict", "--gross"}, 125);
    std::uint64_t rows = 0;

    for (const Json &row : all.rows)
        rows += row["event"] == "slow_call";
    EXPECT_EQ(number(all.accounting["slow"]), rows);
    EXPECT_EQ(rows + number(all.accounting["slow_lost"]), 20'000u);
    EXPECT_GT(number(all.accounting["slow_lost"]), 0u);
    EXPECT_EQ(number(all.accounting["lost"]), 0u);
}

TEST_F(Operators, SlowCallsByPerfBuffer)
{
    const Measured all =
        measure(own("snoop_quick"), {"quick", "20"}, {"--slower", "1ns", "--gross", "--transport", "perf"});

    EXPECT_EQ(number(all.accounting["slow"]), 20u);
    EXPECT_EQ(all.rows.size(), 21u);
}

TEST_F(Operators, SlowCallsOfTheKernel)
{
    SNOOP_NEEDS(kprobe);
    for (const std::string &probe : Args{"fentry", "kprobe"}) {
        if (probe == "fentry" && (lacks(Hook::fentry) || may_skip(probe)))
            continue;
        const Measured all =
            measure("hrtimer_nanosleep", {"sleeps", "4", "1", "2", "60"}, {"--slower", "50ms", "--probe", probe});
        EXPECT_GE(number(all.accounting["slow"]), 2u) << probe;
        EXPECT_EQ(all.rows.at(0)["binary"], nullptr);
    }
}

TEST_F(Operators, RefusesConflictingOptions)
{
    const auto refuses = [](const Args &args, const char *why) {
        const Outcome refused = run_tool("funclat", args);
        EXPECT_EQ(refused.code, 2) << refused.err;
        EXPECT_THAT(refused.err, HasSubstr(why));
    };
    refuses({"--count", "--histograms", "vfs_read"}, "--count cannot be combined with --histograms");
    refuses({"--count", "--probe", "uretprobe", own("snoop_quick")},
            "--count cannot be combined with --probe uretprobe");
    refuses({"--count", "--slower", "1ms", "vfs_read"}, "--count cannot be combined with --slower");
    refuses({"--slower", "10", "vfs_read"}, "--slower: invalid time '10'");
    refuses({"--by", "user", "vfs_read"}, "--by");
}

} // namespace
} // namespace snoop::test
