// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: many probes at once, and how long the kernel takes to detach them.
#include "accounting.hpp"
#include "attach/uprobe.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <chrono>
#include <csignal>
#include <optional>

namespace snoop::test {
namespace {

using testing::Contains;
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

    // One link has all probes.
    void expect_quick_end(Args args) const
    {
        args.push_back(many + ":snooptest:*");
        ToolRun tool{"usdtsnoop", args};
        hit_all();
        const auto began = Clock::now();
        EXPECT_EQ(tool.stop(), 0);
        const std::chrono::duration<double> took = Clock::now() - began;
        // One by one they take two minutes. In an emulator (SNOOP_SLOW) all takes longer.
        const bool is_slow = limit() > std::chrono::seconds{60};
        EXPECT_LT(took, std::chrono::seconds{is_slow ? 20 : 2});
        fmt::print("1,200 probes are detached in {:.0f} ms\n", 1000 * took.count());
        EXPECT_EQ(expect_balance(tool.err())["printed"], 1200u);
    }
    // The kernel detaches one after the other. The first signal ends the run, the next one the wait.
    void expect_end_in_background(Args args) const
    {
        args.push_back(many + ":snooptest:few");
        ToolRun tool{"usdtsnoop", args};
        hit_all();
        tool.send(SIGINT);
        tool.wait_err("detaching 60 probes, up to 0.1 s each; Ctrl-C leaves it to a background process\n");
        EXPECT_EQ(tool.stop(SIGTERM), 0);
        EXPECT_EQ(expect_balance(tool.err())["printed"], 60u);
        EXPECT_THAT(
            tool.err_lines(),
            Contains(MatchesRegex("usdtsnoop: process [0-9]+ detaches the remaining [0-9]+ probes in the background")));
    }

    const std::string many = target(dir, "usdt_many");
    Fd to, from;
    std::optional<Process> process;
};

TEST_F(ManyProbes, OfAProcess)
{
    const Args args{"-o", "json", "-p", std::to_string(process->pid())};

    if (has_uprobe_multi_pid())
        expect_quick_end(args);
    else
        expect_end_in_background(args);
}

TEST_F(ManyProbes, OfAllProcesses)
{
    if (has_uprobe_multi())
        expect_quick_end({"-o", "json"});
    else
        expect_end_in_background({"-o", "json"});
}

} // namespace
} // namespace snoop::test
