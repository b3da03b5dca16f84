// SPDX-License-Identifier: BSD-2-Clause
// With few privileges, or none.
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "privileges.hpp"

#include <gmock/gmock.h>

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
    expect_refusal(3, {},
                   {"CAP_BPF", "CAP_PERFMON", "sudo " + name(),
                    "sudo chgrp GROUP $f && sudo chmod 0750 $f && sudo setcap cap_bpf,cap_perfmon+ep $f`; whoever may "
                    "run it can then " +
                        GetParam().power},
                   {.in_child = [] { become(nobody, nobody); }, .program = copy_of_tool()});
    expect_refusal(3, {}, {"CAP_BPF", "CAP_PERFMON", "sudo " + name()},
                   {.in_child = [] { become_nobody_with({cap_bpf}); }, .program = copy_of_tool()});
}

TEST_P(Contract, RunsWithTwoCapabilities)
{
    const std::string mark = marker();
    // A perf buffer may need more: kernel.perf_event_paranoid says what.
    SNOOP_NEEDS(ring);
    const Args args{"-o", "json", "--transport", "ring"};
    const Start start{.in_child = [] { become_nobody_with({cap_bpf, cap_perfmon}); }, .program = copy_of_tool()};
    if (GetParam().is_by_perf && perf_may_be_for_root() && !may_trace(name(), args, start)) {
        expect_refusal(3, args, {"kernel.perf_event_paranoid"}, start);
        return;
    }
    ToolRun tool{name(), args, start};

    happen(mark);
    EXPECT_EQ(tool.row_with(mark)["comm"], some_comm);
    EXPECT_EQ(tool.stop(), 0);
    expect_stderr(name(), tool.err());
}

} // namespace snoop::test
