// SPDX-License-Identifier: BSD-2-Clause
// Every cause for which an event is lost, provoked: the accounting name it, in text and in JSON,
// and --strict makes an error of it. A call that is not seen to end is not a loss, and is named as well.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "event_flood.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"
#include "uring.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;

using Args = std::vector<std::string>;

class Losses : public testing::Test {
protected:
    // `make` makes events while the tool runs, and returns how many, if all are known. Some of
    // them must be lost, for this cause alone.
    using Make = std::function<std::optional<std::uint64_t>(ToolRun &)>;

    static void expect_loss(const std::string &name, const Args &args, const std::string &cause, const Make &make)
    {
        for (const bool json : {false, true}) {
            Args all{"-o", json ? "json" : "text"};
            if (!json)
                all.emplace_back("--strict");
            all.insert(all.end(), args.begin(), args.end());
            ToolRun tool{name, all};
            const auto made = make(tool);
            EXPECT_EQ(tool.stop(), json ? 0 : 1);
            auto accounting = expect_balance(tool.err());
            std::string key = cause;
            std::ranges::replace(key, ' ', '_');
            EXPECT_GT(accounting[key], 0u) << tool.err();
            EXPECT_EQ(accounting[key], accounting["lost"]) << tool.err();
            if (made) {
                EXPECT_EQ(accounting["printed"] + accounting["lost"], *made) << tool.err();
            }
            if (json) {
                EXPECT_EQ(parse_json(tool.err_lines().back())["lost_by"][key], accounting["lost"]);
            } else {
                EXPECT_THAT(tool.err_lines().back(),
                            HasSubstr(fmt::format("; lost, {}: {}", cause, accounting["lost"])));
            }
        }
    }

    // A FIFO that nobody writes: whoever opens it for reading waits.
    [[nodiscard]] std::string fifo() const
    {
        std::string path = dir.at(marker());
        mkfifo(path.c_str(), 0644);
        return path;
    }

    TempDir dir;
};

TEST_F(Losses, TheRingIsFull)
{
    for (const char *transport : {"ring", "perf"}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
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

    for (const char *transport : {"ring", "perf"}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
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

    for (const char *transport : {"ring", "perf"}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
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

    for (const char *transport : {"ring", "perf"}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
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

// ---- not seen to end -------------------------------------------------------------------------

// One request waits when the tool ends.
TEST_F(Losses, InFlightIsNotLost)
{
    SNOOP_NEEDS(uring_req);
    const std::string path = fifo();
    ToolRun tool{"opensnoop", {"--strict", "-n", "opener"}};
    Gate gate;
    const auto [out, in] = make_pipe();
    Process opener{[&] {
        prctl(PR_SET_NAME, "opener");
        Uring ring{1};
        ring.add({.path = path}, {.async = true});
        const char taken = ring.submit() == 1 ? 'y' : 'n';
        if (write(in.get(), &taken, 1) != 1)
            _exit(1);
        gate.wait();
    }};
    char taken = 0;
    ASSERT_EQ(read(out.get(), &taken, 1), 1);
    ASSERT_EQ(taken, 'y');
    EXPECT_EQ(entries_of(tool.pid(), "uring_calls"), 1u);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["in_flight"], 1u);
    EXPECT_THAT(tool.err(), HasSubstr(" + in flight 1\n"));
}

// Rows wait for it: it comes by another way.
TEST_F(Losses, NotTheEndOfAProcess)
{
    const std::string waits = dir.waiting_program("waits"), file = dir.at("recording");

    for (const char *transport : {"ring", "perf"}) {
        if (transport == std::string_view{"ring"} && lacks(Hook::ring))
            continue;
        const Args args{"-n", "waits", "-n", flooder, "-x", "--exit", "-o", "json"};
        Args live{"--ring-size", "4096", "--transport", transport, "--record", file};
        live.insert(live.end(), args.begin(), args.end());
        ToolRun tool{"execsnoop", live}, begins{"execsnoop", {"-n", "waits"}};
        std::vector<Process> processes;
        for (int i = 0; i < 16; i++) {
            const std::string mark = marker();
            processes.push_back(Process::exec({.path = waits, .argv = {"waits", mark}}));
            begins.line_with(mark);
        }
        EXPECT_EQ(entries_of(tool.pid(), "spilled"), 0u);
        tool.send(SIGSTOP);
        EventFlood{failing_execs_of(dir.at("nothing")), 200}.wait();
        for (Process &process : processes) {
            process.send(SIGTERM);
            process.wait();
        }
        EXPECT_GT(entries_of(tool.pid(), "spilled").value_or(0), 0u);
        tool.send(SIGCONT);
        for (const Process &process : processes)
            EXPECT_EQ(tool.row_where([&](const Json &row) { return row["pid"] == process.pid(); })["signal"],
                      "SIGTERM");
        EXPECT_EQ(entries_of(tool.pid(), "spilled"), 0u);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_GT(expect_balance(tool.err())["ring_full"], 0u);
        EXPECT_EQ(run_tool("execsnoop", {"--exit", "-o", "json", "--replay", file}).out, tool.out());
    }
}

// The kernel tells nobody that such a request has succeeded: that is found out when its place
// is used again.
TEST_F(Losses, ASuccessThatIsNotTold)
{
    SNOOP_NEEDS(uring_req);
    constexpr unsigned requests = 50;
    const std::string one = dir.file("one", "1");
    ToolRun tool{"opensnoop", {"-n", "opener"}};

    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        Uring ring{1};
        for (unsigned i = 0; i < requests; i++) {
            ring.add({.path = one}, {.quiet = true});
            if (ring.submit() != 1 || ring.result())
                _exit(1);
        }
    });
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["missed"] + accounting["in_flight"], requests) << tool.err();
    EXPECT_EQ(accounting["missed"], accounting["lost"]);
}

} // namespace
} // namespace snoop::test
