// SPDX-License-Identifier: BSD-2-Clause
// Each site is told what to take off the times of calls, by the kind of its instruction.
#include "funclat/empty_functions.hpp"
#include "funclat/probe_costs.hpp"

#include <gtest/gtest.h>

namespace snoop::funclat {
namespace {

Site site(std::uint32_t function, funclat_site_kind kind, Execution execution)
{
    Site made{"file", -1, 0, {}, execution};

    made.value.function = function;
    made.value.kind = static_cast<std::uint8_t>(kind);
    return made;
}

TEST(ProbeCosts, GoToTheSitesOfTheirKind)
{
    const ProbeCosts costs{.entries = {{Execution::push, {800, 900}}, {Execution::stepped, {9000, 9500}}},
                           .exits = {{Execution::stepped, 9700}, {Execution::jump, 700}}};
    Sites sites;
    sites.all = {site(0, FUNCLAT_EXIT, Execution::stepped),  site(0, FUNCLAT_EXIT, Execution::jump),
                 site(0, FUNCLAT_ENTRY, Execution::push),    site(1, FUNCLAT_EXIT, Execution::jump),
                 site(1, FUNCLAT_ENTRY, Execution::stepped), site(2, FUNCLAT_ENTRY_UNTIMED, Execution::stepped)};

    set_costs(sites, costs);
    const std::uint32_t hits[] = {9700, 700, 900, 700, 9500, 9500}, overheads[] = {800, 800, 0, 9000, 0, 0};
    for (std::size_t i = 0; i < sites.all.size(); i++) {
        EXPECT_EQ(sites.all[i].value.hit_ns, hits[i]) << i;
        EXPECT_EQ(sites.all[i].value.overhead_ns, overheads[i]) << i;
    }
    EXPECT_EQ(sites.costs[0].call_ns, 900u + 9700);
    EXPECT_EQ(sites.costs[0].overhead_ns, 800u);
    EXPECT_EQ(sites.costs[1].call_ns, 9500u + 700);
    EXPECT_EQ(sites.costs[2].call_ns, 9500u);

    take_nothing_off(sites);
    for (const Site &one : sites.all)
        EXPECT_EQ(one.value.hit_ns + one.value.overhead_ns, 0u);
    EXPECT_EQ(sites.costs[0].call_ns, 900u + 9700);
}

TEST(EmptyFunctions, ReturnWhateverTheyBeginAndEndWith)
{
    const EmptyFunctions functions;

    for (const Execution execution :
         {Execution::stepped, Execution::nop, Execution::push, Execution::call, Execution::jump, Execution::jump_if})
        for (const EmptyFunction &one : {functions.with_entry(execution), functions.with_exit(execution)}) {
            EXPECT_LT(one.entry, one.exit);
            one.call();
        }
}

} // namespace
} // namespace snoop::funclat
