// SPDX-License-Identifier: BSD-2-Clause
// funclat: several functions in one run.
#include "funclat/funclat.hpp"

#include <string>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SeveralFunctions : public Funclat {
protected:
    // Measures several functions during "-- the worker's work".
    static Measured measure_all(Args functions, const Args &work, const std::string &format = "json")
    {
        Args args{"-o", format};
        args.insert(args.end(), functions.begin(), functions.end());
        args.insert(args.end(), {"--", Load::self()});
        args.insert(args.end(), work.begin(), work.end());
        ToolRun tool{"funclat", args, {.env = worker.env()}};
        EXPECT_EQ(tool.wait(), 0) << tool.err();
        if (format == "text")
            return {{}, {}, tool.out()};
        return {tool.rows(), expect_calls_balance(tool.err()), tool.err()};
    }
};

TEST_F(SeveralFunctions, OfOneProgram)
{
    SNOOP_NEEDS(uprobe);
    SNOOP_NEEDS(cookies);
    const Measured all =
        measure_all({own("snoop_sleep"), own("snoop_quick"), own("snoop_sl*")}, {"sleep", "1", "3", "5"});

    ASSERT_EQ(all.rows.size(), 1u) << "snoop_quick is not called, and snoop_sleep is traced once";
    EXPECT_EQ(number(all.row_of("snoop_sleep")["count"]), 3u);
    expect_times(all.row_of("snoop_sleep"), 3, 5'000'000);
}

TEST_F(SeveralFunctions, OfSeveralFiles)
{
    SNOOP_NEEDS(uprobe);
    SNOOP_NEEDS(cookies);
    const Args functions{own("snoop_quick"), "libc.so.6:getppid"};
    const Measured all = measure_all(functions, {"getppid", "4"});

    EXPECT_EQ(number(all.row_of("getppid")["count"]), 4u);
    EXPECT_THAT(all.row_of("getppid")["binary"].get<std::string>(), HasSubstr("libc.so.6"));
    EXPECT_THAT(measure_all(functions, {"getppid", "4"}, "text").err,
                AllOf(HasSubstr("1 of 2 functions\n"), HasSubstr("\nlibc.so.6:getppid "), Not(HasSubstr(" in /"))));
}

TEST_F(SeveralFunctions, OfTheKernel)
{
    SNOOP_NEEDS(kprobe);
    const Measured all = measure_all({"ksys_sync", "hrtimer_nanosleep"}, {"sleep", "1", "3", "5"});
    const Measured syncs = measure_all({"ksys_sync", "hrtimer_nanosleep"}, {"sync", "4"});

    expect_times(all.row_of("hrtimer_nanosleep"), 3, 5'000'000);
    expect_times(syncs.row_of("ksys_sync"), 4, 0);
}

// Each call of one contains a call of the other.
TEST_F(SeveralFunctions, OfKernelAndProgram)
{
    SNOOP_NEEDS(kprobe);
    SNOOP_NEEDS(uprobe);
    const Measured all = measure_all({own("snoop_sleep"), "hrtimer_nanosleep"}, {"sleep", "2", "3", "5"});
    const Json &outer = all.row_of("snoop_sleep"), &inner = all.row_of("hrtimer_nanosleep");

    // On 5.10 a kretprobe tracks as many calls at once as there are CPUs, and other threads sleep as well.
    EXPECT_EQ(number(inner["returned"]) + number(inner["missed"]) + number(inner["ended"]), 6u) << inner;
    if (number(inner["returned"]) > 0)
        expect_times(inner, number(inner["returned"]), 5'000'000);
    expect_times(outer, 6, 5'000'000);
    EXPECT_EQ(inner["binary"], nullptr);
    EXPECT_EQ(outer["binary"], Load::self());
    EXPECT_GE(number(outer["sum"]), number(inner["sum"]));
}

} // namespace
} // namespace snoop::test
