// SPDX-License-Identifier: BSD-2-Clause
// With few privileges, or none.
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "privileges.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sched.h>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;

namespace {

using Args = std::vector<std::string>;

// Debian's kernels have a level 3, which restricts everything to root. Some of them accept CAP_PERFMON.
bool perf_may_be_for_root()
{
    const std::string level = read_file("/proc/sys/kernel/perf_event_paranoid");
    return !level.empty() && std::stoi(level) > 2;
}

bool may_trace(const std::string &name, Args args, const Start &start)
{
    args.insert(args.end(), {"-d", "0.01"});
    return run_tool(name, args, start).code == 0;
}

} // namespace

// Capabilities on a file are for all who may run it, so the advice is for a group, and says what that means.
TEST_P(Contract, ExplainsMissingPrivileges)
{
    // sudo would not find the copy by its name.
    const std::string copy = copy_of_tool(), level = dir.file("level", "2\n");
    const auto set_level = [&] {
        private_mounts();
        bind_mount(level, "/proc/sys/kernel/perf_event_paranoid");
    };
    expect_refusal(
        3, {},
        {"CAP_BPF", "CAP_PERFMON", "`sudo " + copy + "`",
         "`f=" + copy +
             "; sudo chgrp GROUP $f && sudo chmod 0750 $f && sudo setcap cap_bpf,cap_perfmon+ep $f`; whoever may "
             "run it can then " +
             GetParam().power},
        {.in_child =
             [&] {
                 set_level();
                 become(nobody, nobody);
             },
         .program = copy});
    expect_refusal(3, {}, {"CAP_BPF", "CAP_PERFMON", "sudo " + copy},
                   {.in_child =
                        [&] {
                            set_level();
                            become_nobody_with({cap_bpf});
                        },
                    .program = copy});
}

TEST_P(Contract, RecordingStaysWithoutPrivileges)
{
    const TempDir theirs;
    const std::string file = theirs.file("recording", "of an earlier run\n");
    ASSERT_EQ(chown(theirs.path().c_str(), nobody, nobody), 0);
    ASSERT_EQ(chown(file.c_str(), nobody, nobody), 0);

    expect_refusal(3, {"--record", file}, {"sudo "},
                   {.in_child = [] { become(nobody, nobody); }, .program = copy_of_tool()});
    EXPECT_EQ(read_file(file), "of an earlier run\n");
}

// A tool that needs perf events proposes no capabilities if only root may use them.
TEST_P(Contract, ProposesNoCapabilitiesThatDoNotSuffice)
{
    const std::string copy = copy_of_tool(), level = dir.file("level", "3\n");
    const Outcome outcome = run_tool(name(), {},
                                     {.in_child =
                                          [&] {
                                              private_mounts();
                                              bind_mount(level, "/proc/sys/kernel/perf_event_paranoid");
                                              become(nobody, nobody);
                                          },
                                      .program = copy});

    EXPECT_EQ(outcome.code, 3);
    ASSERT_EQ(outcome.err_lines().size(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("`sudo " + copy + "`"));
    EXPECT_EQ(outcome.err.find("kernel.perf_event_paranoid=3") != std::string::npos, GetParam().is_by_perf);
    EXPECT_EQ(outcome.err.find("CAP_BPF") == std::string::npos, GetParam().is_by_perf);
}

// Root in a user namespace has every capability, and none over the kernel.
TEST_P(Contract, ExplainsUserNamespace)
{
    SNOOP_NEEDS(userns);
    const Outcome outcome = run_tool(name(), {},
                                     {.in_child =
                                          [] {
                                              if (unshare(CLONE_NEWUSER) != 0)
                                                  _exit(77);
                                              std::ofstream{"/proc/self/uid_map"} << "0 0 1";
                                          },
                                      .program = copy_of_tool()});

    EXPECT_EQ(outcome.code, 3);
    ASSERT_EQ(outcome.err_lines().size(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("user namespace"));
}

TEST_P(Contract, RunsWithTwoCapabilities)
{
    const std::string mark = marker();
    // Probes may need more.
    SNOOP_NEEDS(ring);
    const Args args{"-o", "json", "--transport", "ring"};
    const Start start{.in_child = [] { become_nobody_with({cap_bpf, cap_perfmon}); }, .program = copy_of_tool()};
    if (GetParam().is_by_perf && perf_may_be_for_root() && !may_trace(name(), args, start)) {
        expect_refusal(3, args, {"CAP_SYS_ADMIN", "run it as root"}, start);
        return;
    }
    ToolRun tool{name(), args, start};

    happen(mark);
    EXPECT_EQ(tool.row_with(mark)["comm"], some_comm);
    EXPECT_EQ(tool.stop(), 0);
    expect_stderr(name(), tool.err());
}

} // namespace snoop::test
