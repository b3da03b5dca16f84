// SPDX-License-Identifier: BSD-2-Clause
// Events whose end a tool does not see: they are in flight, missed, or come by another way.
#include "accounting/losses.hpp"
#include "bpf_objects.hpp"
#include "uring.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;

// One request waits when the tool ends.
TEST_F(Losses, InFlightIsNotLost)
{
    SNOOP_NEEDS(uring_req);
    const std::string path = fifo();
    ToolRun tool{"opensnoop", {"--strict", "-n", "opener"}};
    Gate gate;
    const auto [out, in] = make_pipe();
    Process opener{[&, &in = in] {
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

    for (const std::string &transport : transports()) {
        const Args args{"-n", "waits", "-n", flooder, "-x", "--exit", "-o", "json"};
        Args live{"--ring-size", "4096", "--transport", transport, "--record", file};
        live.insert(live.end(), args.begin(), args.end());
        ToolRun tool{"execsnoop", live};
        std::vector<Process> processes;
        for (int i = 0; i < 16; i++) {
            const std::string mark = marker();
            processes.push_back(Process::exec({.path = waits, .argv = {"waits", mark}}));
            // The tool has taken it from the ring, which does not hold all of them.
            EXPECT_TRUE(eventually([&] { return read_file(file).find(mark) != std::string::npos; }));
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
