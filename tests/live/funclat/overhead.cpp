// SPDX-License-Identifier: BSD-2-Clause
// funclat: what the probes add to a call is measured and taken off its time.
#include "funclat/funclat.hpp"

#include <algorithm>

namespace snoop::test {
namespace {

using testing::HasSubstr;

class Overhead : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    static std::uint64_t shortest(const Json &row) { return number(row["slots"].at(0)["lo"]); }
};

// The shortest of many calls of an empty function took no longer than the measurement of one.
TEST_F(Overhead, IsTakenOff)
{
    const Measured net = measure(own("snoop_quick"), {"quick", "2000"});
    ASSERT_TRUE(net.row()["overhead_ns"].is_number()) << net.row() << net.err;
    const std::uint64_t overhead = number(net.row()["overhead_ns"]);

    EXPECT_GT(overhead, 0u);
    EXPECT_LE(shortest(net.row()), overhead / 2) << net.row();
    EXPECT_THAT(net.err, HasSubstr("funclat: probes at entries and returns: a call takes "));
    EXPECT_THAT(net.err, HasSubstr(" longer in every process that maps the file; its time is shown without "));
}

// With --gross no call is shorter than its probes allow.
TEST_F(Overhead, IsShownOnRequest)
{
    const Measured gross = measure(own("snoop_quick"), {"quick", "2000"}, {"--gross"});

    EXPECT_EQ(gross.row()["overhead_ns"], nullptr);
    EXPECT_GE(shortest(gross.row()), 64u) << gross.row();
    EXPECT_THAT(gross.err, HasSubstr(" longer in every process that maps the file; its time is shown with "));
}

// The outermost of 100 nested calls contains the probes of all others, of which at least half the time is taken off.
// Something else may hold it up as well, but not each time.
TEST_F(Overhead, OfInnerCallsIsTakenOff)
{
    constexpr std::uint64_t calls = 100;
    const Args work{"deep", std::to_string(calls)};
    const std::uint64_t gross = number(measure(own("snoop_deep"), work, {"--gross"}).row()["max"]);
    std::uint64_t longest = ~0ULL, overhead = 0;

    for (int i = 0; i < 20 && (overhead == 0 || longest + calls * overhead / 2 > gross); i++) {
        const Measured net = measure(own("snoop_deep"), work);
        overhead = number(net.row()["overhead_ns"]);
        longest = std::min(longest, number(net.row()["max"]));
    }
    EXPECT_LE(longest + calls * overhead / 2, gross);
}

TEST_F(Overhead, IsToldOfEachFunction)
{
    const Measured quick = measure(own("snoop_quick"), {"quick", "1"}, {"-v"});

    EXPECT_THAT(quick.err, HasSubstr("funclat: 'snoop_quick': a probe at 0x"));
    EXPECT_THAT(quick.err, HasSubstr(", and 1 where calls end: "));
}

} // namespace
} // namespace snoop::test
