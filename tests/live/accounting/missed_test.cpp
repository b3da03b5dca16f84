// SPDX-License-Identifier: BSD-2-Clause
// Events that are lost in the kernel: a map is full, or a program is not called.
#include "accounting/losses.hpp"
#include "bpf_objects.hpp"
#include "uring.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// More requests of io_uring at a time than opensnoop keeps.
TEST_F(Losses, ReportsMapFull)
{
    SNOOP_NEEDS(uring_req);
    constexpr unsigned requests = 5000;

    expect_loss("opensnoop", {"-n", "opener"}, "map full", [&](ToolRun &) {
        const std::string path = fifo();
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "opener");
            Uring ring{8192};
            for (unsigned i = 0; i < requests; i++)
                ring.add({.path = path}, {.async = true});
            if (ring.submit() != requests)
                _exit(1);
            // Now they wait, or wait for a thread that does. This lets all of them go on.
            prctl(PR_SET_NAME, "writer");
            const int writer = open(path.c_str(), O_WRONLY);
            _exit(writer >= 0 && ring.submit(requests) == 0 ? 0 : 1);
        });
        EXPECT_EQ(done.status, 0);
        return requests;
    });
}

// Calls that sleep in do_filp_open hold what a kretprobe needs for each call; further ones
// come back unseen. An exec that does so is found out at its end.
TEST_F(Losses, NoKretprobeIsLeft)
{
    SNOOP_NEEDS(kprobe);
    const std::string program = dir.program("prog");
    const long sleepers = 10 + 2 * sysconf(_SC_NPROCESSORS_CONF); // include/linux/kprobes.h, maxactive

    expect_loss("opensnoop", {"-n", "prog", "--probe", "kprobe"}, "missed",
                [&](ToolRun &) -> std::optional<std::uint64_t> {
                    const std::string path = fifo();
                    std::vector<Process> asleep;
                    for (long i = 0; i < sleepers; i++)
                        asleep.emplace_back([&] { open(path.c_str(), O_RDONLY); });
                    for (const Process &one : asleep)
                        EXPECT_TRUE(eventually([&] {
                            return read_file(fmt::format("/proc/{}/stat", one.pid())).find(") S ") != std::string::npos;
                        }));
                    for (int i = 0; i < 3; i++)
                        EXPECT_EQ(run({.path = program}).status, 0);
                    return 3;
                });
}

// A task that loses its CPU inside a program: whoever comes by there meanwhile is not
// seen. Two of them share a CPU, and one of them goes first whenever it wakes up.
TEST_F(Losses, TheKernelSkipsAProgram)
{
    SNOOP_NEEDS(preempt);
    const std::string deep = dir.folder("so/that/the/program/has/something/to/do/on/its/way/up/from/here");
    const OneCpu one;

    const Args args{"-n", "opener", "-F", "--probe", "raw_tp"};
    const auto opening = [&](bool first) {
        return Process{[&, first] {
            prctl(PR_SET_NAME, "opener");
            const sched_param priority{.sched_priority = 1};
            if (chdir(deep.c_str()) != 0 || (first && sched_setscheduler(0, SCHED_FIFO, &priority) != 0))
                _exit(1);
            for (;;) {
                open("nothing", O_RDONLY);
                if (first)
                    usleep(100);
            }
        }};
    };
    const auto skips = [&](ToolRun &tool) {
        const BpfObjects objects = objects_of(tool.pid());
        const Process first = opening(true), second = opening(false);
        return eventually([&] { return recursion_misses(objects) > 0; });
    };

    {
        ToolRun tool{"opensnoop", args};
        if (!skips(tool)) {
            ASSERT_FALSE(is_required(Hook::preempt)) << "no program was skipped";
            GTEST_SKIP() << "SKIP: lacks preempt: no task lost its CPU inside a program";
        }
    }
    expect_loss("opensnoop", args, "missed", [&](ToolRun &tool) -> std::optional<std::uint64_t> {
        EXPECT_TRUE(skips(tool));
        return std::nullopt;
    });
}

} // namespace
} // namespace snoop::test
