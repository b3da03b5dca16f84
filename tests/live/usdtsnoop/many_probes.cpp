// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: many probes at once, and how long the kernel takes to detach them.
#include "accounting.hpp"
#include "attach/uprobe.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>

namespace snoop::test {
namespace {

using testing::MatchesRegex;
using Clock = std::chrono::steady_clock;

// usdt_many, which hits its 1,200 probes when it is asked to.
class ManyProbes : public Usdtsnoop {
protected:
    void SetUp() override
    {
        Usdtsnoop::SetUp();
        auto [to_out, to_in] = make_pipe();
        auto [from_out, from_in] = make_pipe();
        process.emplace([&, &to_out = to_out, &from_in = from_in] {
            dup2(to_out.get(), STDIN_FILENO);
            dup2(from_in.get(), STDOUT_FILENO);
            execl(many.c_str(), "usdt_many", nullptr);
        });
        to = std::move(to_in);
        from = std::move(from_out);
        hit_all(); // it runs, and has mapped itself
    }
    void hit_all() const
    {
        char byte = 'x';
        ASSERT_EQ(write(to.get(), &byte, 1), 1);
        ASSERT_EQ(read(from.get(), &byte, 1), 1);
    }

    const std::string many = target(dir, "usdt_many");
    Fd to, from;
    std::optional<Process> process;
};

TEST_F(ManyProbes, OfAProcessDetachInTwoSeconds)
{
    if (!has_uprobe_multi_pid())
        GTEST_SKIP() << "SKIP: no link for all probes of a process (Linux 6.10)";
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(process->pid()), many + ":snooptest:*"}};
    hit_all();
    const auto began = Clock::now();
    EXPECT_EQ(tool.stop(), 0);
    const std::chrono::duration<double> took = Clock::now() - began;
    EXPECT_LT(took.count(), 2);
    RecordProperty("milliseconds", static_cast<int>(1000 * took.count()));
    fmt::print("1,200 probes of a process detached in {:.0f} ms\n", 1000 * took.count());
    EXPECT_EQ(expect_balance(tool.err())["printed"], 1200u);
}

TEST_F(ManyProbes, OfAllProcesses)
{
    if (!has_uprobe_multi())
        GTEST_SKIP() << "SKIP: no link for all probes of a file (Linux 6.6)";
    ToolRun tool{"usdtsnoop", {"-o", "json", many + ":snooptest:*"}};
    hit_all();
    const auto began = Clock::now();
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_LT(Clock::now() - began, std::chrono::seconds{2});
    EXPECT_EQ(expect_balance(tool.err())["printed"], 1200u);
}

// Otherwise the kernel detaches one after the other. The first signal ends the run, the next one the wait.
TEST_F(ManyProbes, AreLeftToAProcessInTheBackground)
{
    if (has_uprobe_multi_pid())
        GTEST_SKIP() << "SKIP: this kernel detaches all probes of a process at once";
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(process->pid()), many + ":snooptest:few"}};
    hit_all();
    tool.send(SIGINT);
    tool.wait_err("detaching 60 probes, up to 0.1 s each; Ctrl-C leaves it to a background process\n");
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    EXPECT_EQ(expect_balance(tool.err())["printed"], 60u);
    const std::vector<std::string> lines = tool.err_lines();
    const auto left = std::ranges::find_if(
        lines, [](const std::string &line) { return line.find("in the background") != line.npos; });
    ASSERT_NE(left, lines.end()) << tool.err();
    EXPECT_THAT(*left,
                MatchesRegex("usdtsnoop: process [0-9]+ detaches the remaining [0-9]+ probes in the background"));
}

} // namespace
} // namespace snoop::test
