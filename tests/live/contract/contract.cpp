// SPDX-License-Identifier: BSD-2-Clause
#include "contract/contract.hpp"

#include "accounting.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <sys/prctl.h>
#include <thread>

namespace snoop::test {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;

std::vector<EventTool> contract_of(const EventTool &tool) { return {tool}; }

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Contract); // some tools are not event tools

void PrintTo(const EventTool &tool, std::ostream *out) { *out << tool.name; }

void Contract::SetUp()
{
    if (!GetParam().needs)
        return;
    const Hook hook = *GetParam().needs;
    if (const auto reason = lacks(hook)) {
        if (is_required(hook))
            GTEST_FAIL() << "SNOOP_REQUIRE says that this system has " << name_of(hook) << ", but: " << *reason;
        GTEST_SKIP() << "SKIP: lacks " << name_of(hook) << ": " << *reason;
    }
}

std::string Contract::copy_of_tool() const { return dir.file("copy-of-" + name(), read_file(tool_path(name())), 0755); }

Step Contract::event(const std::string &marker, const Step &before, const std::string &comm) const
{
    return [before, make = GetParam().make(dir, marker, comm)] {
        if (before)
            before();
        make();
    };
}

Ended Contract::happen(const std::string &marker, const Step &before, const std::string &comm) const
{
    const Step step = event(marker, before, comm);
    // The step before may be anything; the event itself changes nothing in this process.
    const Ended ended = before ? in_child(step) : Process::lightly(step).wait();

    EXPECT_EQ(ended.status, 0) << "the event could not be made";
    return ended;
}

void Contract::happen_in_thread(const std::string &marker, const std::string &process, const std::string &thread) const
{
    const Ended ended = in_child([&, step = event(marker, {}, thread)] {
        prctl(PR_SET_NAME, process.c_str());
        std::thread{step}.join();
    });

    EXPECT_EQ(ended.status, 0) << "the event could not be made";
}

void Contract::expect_filter(const std::vector<std::string> &args, const Step &shown, const Step &hidden)
{
    expect_filter_by(
        args, [&](const std::string &mark) { happen(mark, shown); },
        [&](const std::string &mark) { happen(mark, hidden); });
}

void Contract::expect_filter_by(const std::vector<std::string> &args, const Make &shown, const Make &hidden)
{
    const std::string yes = marker(), no = marker();
    ToolRun tool{name(), args};

    hidden(no);
    shown(yes);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(yes), 1u);
    EXPECT_EQ(tool.count_with(no), 0u) << tool.out();
    EXPECT_GE(expect_balance(tool.err())["filtered"], 1u);
}

void Contract::expect_refusal(int code, const std::vector<std::string> &args, const std::vector<std::string> &words,
                              const Start &start)
{
    const Outcome outcome = run_tool(name(), args, start);

    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_LE(outcome.lines().size(), 1u) << outcome.out;
    ASSERT_THAT(outcome.err_lines(), SizeIs(1));
    EXPECT_TRUE(outcome.err.starts_with(name() + ": ")) << outcome.err;
    for (const auto &word : words)
        EXPECT_THAT(outcome.err, HasSubstr(word));
}

void expect_stderr(const std::string &name, const std::string &err, const std::string &until,
                   const std::vector<std::string> &between)
{
    const auto lines = split_lines(err);

    ASSERT_THAT(lines, SizeIs(between.size() + 2)) << err;
    EXPECT_EQ(lines[0], name + ": tracing, " + until);
    for (std::size_t i = 0; i < between.size(); i++)
        EXPECT_EQ(lines[i + 1], between[i]);
    if (!lines.back().starts_with('{')) {
        EXPECT_THAT(lines.back(),
                    MatchesRegex(name + ": seen [0-9]+ = printed [0-9]+ \\+ filtered [0-9]+ \\+ lost [0-9]+.*"));
    }
    expect_balance(err);
}

} // namespace snoop::test
