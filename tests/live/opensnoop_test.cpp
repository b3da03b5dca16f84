// SPDX-License-Identifier: BSD-2-Clause
// opensnoop on this kernel: the contract of every event tool, wake-ups, usage errors. Each kind
// of hook and its rows: tests/live/routes.
#include "contract/contract.hpp"
#include "opensnoop/opensnoop.hpp"

#include <snoop/opensnoop.h>

#include <cerrno>
#include <utility>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const EventTool opensnoop{
    .name = "opensnoop",
    .event = "open",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        return [path = dir.folder(marker), comm] {
            prctl(PR_SET_NAME, comm.c_str());
            _exit(open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0 ? 0 : errno);
        };
    },
    .power = "see the names of all files that anybody opens",
    .keeps_threads = true,
    .probe = quick_probe(),
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(opensnoop)));

// A record wakes the consumer only if it sleeps, with either transport.
TEST(OpensnoopWaking, IsRareInAFlood)
{
    constexpr int opens = 20'000;

    for (const char *transport : {"ring", "perf"}) {
        if (std::string_view{transport} == "ring" && !kernel::has_ring_buffer())
            continue;
        ToolRun tool{"opensnoop", {"-v", "-n", "flooder", "--transport", transport}};
        const Ended done = in_child([] {
            prctl(PR_SET_NAME, "flooder");
            for (int n = 0; n < opens; n++)
                if (open("/no/such/file", O_RDONLY) >= 0)
                    _exit(1);
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        const std::string err = tool.err();
        const Groups said = first_groups_in(err, R"(opensnoop: (\d+) wake-ups)");
        ASSERT_EQ(said.size(), 2u) << err;
        EXPECT_LT(std::stoi(said[1]), opens / 10) << transport;
    }
}

// ---- usage

TEST(OpensnoopUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("opensnoop", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({"--flags", "O_CREATE"}, "--flags: invalid flag 'O_CREATE': give flags of open(2): O_RDONLY, ");
    refused({"--path", std::string(OPEN_PREFIX_MAX + 1, 'x')}, "of 257 bytes: give 1 to 256");
    refused({"--suffix", std::string(OPEN_SUFFIX_MAX + 1, 'x')}, "of 33 bytes: give 1 to 32");
    refused({"--path", ""}, "--path: invalid value '' of 0 bytes");
    refused({"--probe", "magic"}, "invalid value 'magic': give one of auto, fentry, kprobe, raw_tp, tracepoint");
}

TEST(OpensnoopUsage, AProbeThatTheSystemLacksIsNamed)
{
    for (const auto &[probe, hook] : {std::pair{"fentry", Hook::fentry}, std::pair{"kprobe", Hook::kprobe}}) {
        const bool has_it = !lacks(hook);
        const Outcome outcome = run_tool("opensnoop", {"--probe", probe, "-d", "0.01"});
        EXPECT_EQ(outcome.code, has_it ? 0 : 3) << outcome.err;
        if (!has_it) {
            EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        }
    }
}

// -v says which hooks, and why not others.
TEST(OpensnoopUsage, VerboseNamesTheHooks)
{
    ToolRun tool{"opensnoop", {"-v"}};
    EXPECT_EQ(tool.stop(), 0);
    const bool preempts = kernel::may_preempt_programs(), fentry = !lacks(Hook::fentry), kprobe = !lacks(Hook::kprobe);
    const std::string expected = kprobe && (preempts || !fentry)
                                     ? "probe: sys_exit, kprobe and kretprobe on do_filp_open"
                                 : fentry   ? "probe: fexit on do_sys_openat2, do_handle_open, do_fil"
                                 : preempts ? "probe: tp/syscalls/sys_exit_open…"
                                            : "probe: sys_exit, raw_tp/sched_process_exec";
    EXPECT_THAT(tool.err(), HasSubstr(expected));
    if (!preempts && !fentry) {
        EXPECT_THAT(tool.err(), HasSubstr("not on this system: "));
    }
    if (preempts) {
        EXPECT_THAT(tool.err(), HasSubstr("the kernel preempts programs: "));
    }
}

} // namespace
} // namespace snoop::test
