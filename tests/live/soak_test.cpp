// SPDX-License-Identifier: BSD-2-Clause
// Runs all tools at once for a long time, under a mixed load whose processes are killed again and
// again: memory and descriptors stay constant, and nothing is left behind. Then only opens, at
// full rate on all CPUs: nothing is lost.
// SNOOP_SOAK says how many seconds; `./dev test soak` takes half an hour.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "event_flood.hpp"
#include "fixtures.hpp"
#include "stress.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace snoop::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

seconds how_long()
{
    const char *text = std::getenv("SNOOP_SOAK");
    const long count = text ? std::strtol(text, nullptr, 10) : 60;

    return seconds{count > 0 ? count : 60};
}

// The memory and descriptors of a process, without the ring, which it shares with the kernel.
struct Taken {
    long kib;
    long descriptors;
};

Taken taken_by(pid_t pid)
{
    const std::string status = read_file(fmt::format("/proc/{}/status", pid));
    const auto at = status.find("RssAnon:");
    const auto fds = std::filesystem::directory_iterator{fmt::format("/proc/{}/fd", pid)};

    return {std::strtol(status.c_str() + at + std::strlen("RssAnon:"), nullptr, 10),
            std::distance(begin(fds), end(fds))};
}

TEST(Soak, MixedLoad)
{
    constexpr long slack_kib = 1024;
    const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const Start quiet{.out_fd = null.get()};
    std::vector<std::unique_ptr<ToolRun>> tools;
    for (const auto &[name, args] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"execsnoop", {"-x", "--exit", "-o", "json"}},
             {"execcount", {"-x", "--by", "comm"}},
             {"opensnoop", {"-F"}},
             {"opencount", {"-F", "--by", "dir", "--max-keys", "1000"}}})
        tools.push_back(std::make_unique<ToolRun>(name, args, quiet));

    const auto begin = Clock::now(), end = begin + how_long() * 5 / 6;
    const auto warm = begin + how_long() / 6;
    std::vector<Taken> before;
    std::vector<BpfObjects> objects;
    int deaths = 0;
    while (Clock::now() < end) {
        const Stress one, two;
        one.wait_for(10);
        two.wait_for(10);
        deaths += 2;
        if (before.empty() && Clock::now() >= warm)
            for (const auto &tool : tools) {
                before.push_back(taken_by(tool->pid()));
                objects.push_back(objects_of(tool->pid()));
            }
    }
    ASSERT_EQ(before.size(), tools.size()) << "too short to compare anything";

    for (std::size_t i = 0; i < tools.size(); i++) {
        ToolRun &tool = *tools[i];
        const Taken now = taken_by(tool.pid());
        std::cout << fmt::format("{} KiB, {} descriptors; before: {}, {}\n", now.kib, now.descriptors, before[i].kib,
                                 before[i].descriptors);
        EXPECT_LE(now.kib, before[i].kib + slack_kib);
        EXPECT_EQ(now.descriptors, before[i].descriptors);
        for (const char *map : {"running", "execs_claimed", "filp_open_calls"})
            EXPECT_TRUE(eventually([&] { return gone_in(tool.pid(), map).empty(); })) << map;
        EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), "uring_calls").value_or(0) == 0; }));

        EXPECT_EQ(tool.stop(), 0);
        std::cout << tool.err_lines().back() << '\n';
        auto accounting = expect_balance(tool.err());
        // Arguments of 40,000 bytes on all CPUs can exceed the ring.
        EXPECT_EQ(accounting["lost"], accounting["ring_full"] + accounting["missed"]) << tool.err();
        EXPECT_GT(accounting["printed"] + accounting["counted"], 0u);
        EXPECT_TRUE(eventually([&] { return still_there(objects[i]) == BpfObjects{}; }))
            << testing::PrintToString(still_there(objects[i])) << " are still there";
    }
    std::cout << fmt::format("{} processes died in the midst of it\n", deaths);
}

// All CPUs only open files: for a minute, in a long run.
TEST(Soak, LosesNothingAtFullRate)
{
    const TempDir dir;
    const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)};
    ToolRun tool{"opensnoop", {"-n", flooder}, {.out_fd = null.get()}};
    const auto end = Clock::now() + std::min(how_long() / 6, seconds{60});
    EventFlood flood{opens_of(dir.at("nothing"))};

    while (Clock::now() < end)
        flood.wait_for(1000);
    const std::uint64_t made = flood.stop();
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    std::cout << tool.err_lines().back() << '\n';
    EXPECT_EQ(accounting["printed"], made);
    EXPECT_EQ(accounting["lost"], 0u);
}

} // namespace
} // namespace snoop::test
