// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: probes with many sites, and how long it takes to detach them.
#include "accounting.hpp"
#include "attach/trace_event.hpp"
#include "attach/uprobe.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <unistd.h>

namespace snoop::test {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t sites = 1200;
const auto at_once =
    limit() / 6; // one by one they take minutes; a busy machine takes more than the 40 ms of an idle one

class UsdtMany : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // Detaching took no longer than the user would wait without being told.
    static void stop_at_once(ToolRun &tool)
    {
        const auto before = steady_clock::now();
        EXPECT_EQ(tool.stop(), 0) << tool.err();
        EXPECT_LT(steady_clock::now() - before, at_once);
        EXPECT_THAT(tool.err(), Not(HasSubstr("detaching")));
    }
    static void expect_each_site(ToolRun &tool)
    {
        const auto rows = tool.rows();
        ASSERT_EQ(rows.size(), sites) << tool.err();
        for (std::size_t i = 0; i < sites; i++)
            ASSERT_EQ(rows[i]["args"], Json::array({i})) << "site " << i;
        expect_balance(tool.err());
    }

    TempDir dir;
    const std::string path = target(dir, "usdt_many");
    const std::string probe = path + ":snooptest:many";
};

// In several events, since many sites have the same low bits of their address.
TEST_F(UsdtMany, SitesOfACommand)
{
    SNOOP_NEEDS(cookies);
    ToolRun tool{"usdtsnoop", {"-o", "json", probe, "--", "sh", "-c", "\"$0\" < /dev/null", path}};

    EXPECT_EQ(tool.wait(), 0) << tool.err();
    expect_each_site(tool);
}

TEST_F(UsdtMany, SitesOfAProcess)
{
    SNOOP_NEEDS(cookies);
    if (!has_uprobe_multi_pid())
        SNOOP_NEEDS(tracefs);
    auto [to_out, to_in] = make_pipe();
    const Process program{[&, &to_out = to_out] {
        dup2(to_out.get(), STDIN_FILENO);
        execl(path.c_str(), "many", nullptr);
    }};
    ASSERT_TRUE(eventually([&] { return read_file(fmt::format("/proc/{}/comm", program.pid())) == "usdt_many\n"; }));
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(program.pid()), probe}};

    to_out.reset();
    to_in.reset();
    tool.row_where([](const Json &row) { return row["args"] == Json::array({sites - 1}); });
    stop_at_once(tool);
    expect_each_site(tool);
}

// Without tracefs and links for many sites, each site takes a grace period.
TEST_F(UsdtMany, OneByOne)
{
    SNOOP_NEEDS(cookies);
    const Start start{.in_child = [] {
        private_mounts();
        cover("/sys/kernel/tracing", "size=4k");
        cover("/sys/kernel/debug", "size=4k");
    }};
    ToolRun tool{"usdtsnoop", {"-v", probe}, start};

    if (has_uprobe_multi()) {
        stop_at_once(tool);
        return;
    }
    tool.send(SIGINT);
    tool.wait_err("detaching 1200 probes, up to 0.1 s each; Ctrl-C leaves it to a background process\n");
    const auto before = steady_clock::now();
    EXPECT_EQ(tool.stop(SIGTERM), 0);
    EXPECT_LT(steady_clock::now() - before, at_once);
    EXPECT_THAT(tool.err(), HasSubstr(" probes in the background\n"));
}

} // namespace
} // namespace snoop::test
