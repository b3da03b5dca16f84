// SPDX-License-Identifier: BSD-2-Clause
// funclat --probe uretprobe: the kernel's return probes, with their limits.
#include "funclat/funclat.hpp"

#include <string>

namespace snoop::test {
namespace {

using testing::HasSubstr;

class ReturnProbes : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    static Measured measure(const std::string &function, const Args &work, Args options = {}, int code = 0)
    {
        options.insert(options.end(), {"--probe", "uretprobe"});
        return Funclat::measure(function, work, options, code);
    }
};

TEST_F(ReturnProbes, CallsOfFourThreads)
{
    const Measured quick = measure(own("snoop_quick"), {"threads", "4", "2000"});

    EXPECT_EQ(number(quick.row()["count"]), 8000u);
    expect_times(quick.row(), 8000, 0);
    EXPECT_THAT(quick.err, HasSubstr("return probes can crash programs"));
}

// The kernel tracks 64 nested returns of a thread, and so does the tool.
TEST_F(ReturnProbes, DeepCalls)
{
    const Measured deep = measure(own("snoop_deep"), {"deep", "100"});

    EXPECT_EQ(number(deep.row()["count"]), 100u);
    EXPECT_EQ(number(deep.row()["returned"]), 64u);
    EXPECT_EQ(number(deep.row()["missed"]), 36u);
    EXPECT_EQ(number(deep.accounting["missed"]), 36u);
}

TEST_F(ReturnProbes, CallsLeftByLongjmp)
{
    const Measured jumps = measure(own("snoop_jump"), {"jump", "50"}, {"--strict"}, 125);

    EXPECT_EQ(number(jumps.row()["count"]), 50u);
    EXPECT_EQ(number(jumps.row()["returned"]), 0u);
    EXPECT_EQ(number(jumps.accounting["missed"]), 49u); // each by the next one
}

#if defined(__x86_64__)
TEST_F(ReturnProbes, NamesThoseThatTakeNoProbe)
{
    const std::string refused = "calls of 'snoop_locked' are not counted, since the kernel refuses the probe";
    const Outcome alone =
        run_tool("funclat", {"--probe", "uretprobe", own("snoop_locked"), "--", Load::self(), "quick", "1"});
    EXPECT_EQ(alone.code, 3);
    EXPECT_THAT(alone.err, HasSubstr(refused));
    EXPECT_THAT(alone.err, HasSubstr("takes a probe"));

    SNOOP_NEEDS(cookies);
    const Measured all = measure(own("snoop_[lq]*"), {"quick", "77"});
    EXPECT_THAT(all.err, HasSubstr(refused));
    expect_times(all.row_of("snoop_quick"), 77, 0);
}
#endif

TEST_F(ReturnProbes, SeveralFunctions)
{
    SNOOP_NEEDS(cookies);
    const Measured both = measure(own("snoop_[qs]*"), {"sleep", "2", "3", "10"});

    EXPECT_THAT(both.rows, testing::SizeIs(1));
    expect_times(both.row_of("snoop_sleep"), 6, 10'000'000);
    EXPECT_THAT(both.err, HasSubstr("in every process that maps"));
}

} // namespace
} // namespace snoop::test
