// SPDX-License-Identifier: BSD-2-Clause
// funclat: calls of functions of a program that do not return: unwound, left by a thread that ends, in flight.
#include "funclat/funclat.hpp"

#include <string>

namespace snoop::test {
namespace {

class UnfinishedCalls : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }
};

TEST_F(UnfinishedCalls, LeftByLongjmp)
{
    const Measured jumps = measure(own("snoop_jump"), {"jump", "50"}, {"--strict"}, 0);

    EXPECT_EQ(number(jumps.row()["count"]), 50u);
    EXPECT_EQ(number(jumps.row()["returned"]), 0u);
    EXPECT_EQ(number(jumps.row()["unwound"]), 50u);
    EXPECT_EQ(number(jumps.accounting["unwound"]), 50u);
    EXPECT_EQ(jumps.row()["avg"], nullptr);
    EXPECT_EQ(jumps.row()["max"], nullptr);
    EXPECT_TRUE(jumps.row()["slots"].empty());
}

TEST_F(UnfinishedCalls, ThreadsThatEndInside)
{
    ToolRun tool{"funclat", {"-o", "json", own("snoop_die")}};

    work({"die", "20"});
    EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "user_calls") == 0; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(number(tool.rows().at(0)["count"]), 20u);
    EXPECT_EQ(number(tool.rows().at(0)["ended"]), 20u);
    EXPECT_EQ(number(expect_calls_balance(tool.err())["ended"]), 20u);
}

TEST_F(UnfinishedCalls, InFlightAtTheEnd)
{
    ToolRun tool{"funclat", {"-o", "json", own("snoop_sleep")}};
    Process sleeper = Process::exec(worker.exec({"sleep", "2", "1", "1000000"}));

    EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "user_calls") == 2; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(number(tool.rows().at(0)["count"]), 2u);
    EXPECT_EQ(number(expect_calls_balance(tool.err())["inside"]), 2u);
}

// With -p each probe is detached alone: while the return of an inner call is no longer seen, that of an outer one
// could be.
TEST_F(UnfinishedCalls, InFlightAreNotUnwound)
{
    SNOOP_NEEDS(cookies);
    const Process process = Process::exec(worker.exec({"layers", "1000"}));
    ToolRun tool{"funclat", {"-o", "json", "-p", std::to_string(process.pid()), own("snoop_layers::layer")}};

    EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "user_calls") == 8; }));
    EXPECT_EQ(tool.stop(), 0);
    const Json accounting = expect_calls_balance(tool.err());
    EXPECT_EQ(number(accounting["inside"]), 8u);
    EXPECT_EQ(number(accounting["unwound"]) + number(accounting["ended"]), 0u);
}

} // namespace
} // namespace snoop::test
