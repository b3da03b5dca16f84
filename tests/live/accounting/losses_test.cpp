// SPDX-License-Identifier: BSD-2-Clause
// Records that are lost since the ring is full or too small for them.
#include "accounting/losses.hpp"

#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

TEST_F(Losses, TheRingIsFull)
{
    for (const std::string &transport : transports()) {
        expect_loss("opensnoop", {"-n", flooder, "--ring-size", "4096", "--transport", transport}, "ring full",
                    [&](ToolRun &tool) {
                        tool.send(SIGSTOP);
                        const std::uint64_t made = EventFlood{opens_of(dir.at("nothing")), 200}.wait();
                        tool.send(SIGCONT);
                        return made;
                    });
    }
}

// Arguments that fit into a record, but not into a ring of 4096 bytes, however empty.
TEST_F(Losses, TooLargeForTheRing)
{
    const std::string program = dir.program("prog");

    for (const std::string &transport : transports()) {
        expect_loss("execsnoop", {"-n", "prog", "--ring-size", "4096", "--transport", transport}, "too large",
                    [&](ToolRun &tool) {
                        for (const std::size_t bytes : {4000u, 10u, 4000u})
                            EXPECT_EQ(run({.path = program, .argv = {"x", std::string(bytes, 'y')}}).status, 0);
                        tool.line_with("yyyyyyyyyy");
                        return 3;
                    });
    }
}

TEST_F(Losses, UsdtTooLargeForTheRing)
{
    SNOOP_NEEDS(uprobe);
    const std::string target = tool_path("usdt_target");

    for (const std::string &transport : transports()) {
        expect_loss(
            "usdtsnoop",
            {"-s", "1", "--string-size", "4K", "--ring-size", "4096", "--transport", transport,
             target + ":snooptest:mark"},
            "too large", [&](ToolRun &tool) {
                for (const std::size_t bytes : {4089u, 10u, 4089u})
                    EXPECT_EQ(run({.path = target, .argv = {"target", "mark", std::string(bytes, 'y')}}).status, 0);
                tool.line_with("yyyyyyyyyy");
                return 3;
            });
    }
}

// A record of openguard holds the file's path and its guard: two thousand bytes twice do not fit.
TEST_F(Losses, GuardTooLargeForTheRing)
{
    SNOOP_NEEDS(lsm);
    std::string deep = dir.path();
    for (int i = 0; i < 10; i++)
        deep += "/" + std::string(200, 'd');
    std::filesystem::create_directories(deep);
    const std::string near = dir.folder("near");

    for (const std::string &transport : transports()) {
        expect_loss("openguard", {"-n", "opener", "--ring-size", "4096", "--transport", transport, deep, near},
                    "too large", [&](ToolRun &tool) {
                        const Ended done = in_child([&] {
                            prctl(PR_SET_NAME, "opener");
                            for (const char *path : {deep.c_str(), near.c_str(), deep.c_str()})
                                if (open(path, O_RDONLY | O_DIRECTORY) < 0)
                                    _exit(1);
                        });
                        EXPECT_EQ(done.status, 0);
                        tool.line_with(near);
                        return 3;
                    });
    }
}

} // namespace
} // namespace snoop::test
