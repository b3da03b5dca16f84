// SPDX-License-Identifier: BSD-2-Clause
// With few rights, or none.
#include "contract.hpp"
#include "hooks.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <linux/capability.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::test {

void contract_rights() {}

using testing::HasSubstr;

namespace {

constexpr uid_t nobody = 65534;
constexpr unsigned cap_perfmon = 38, cap_bpf = 39; // <linux/capability.h> has them since 5.8

using Args = std::vector<std::string>;

// Debian's kernels know a 3: all of it is for root. To some of them CAP_PERFMON is enough.
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

// For a child: nobody, with these capabilities and no other.
void become_nobody_with(std::initializer_list<unsigned> capabilities)
{
    // Before 5.11 the maps count against this limit; where it can't be raised they do not.
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited);

    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    for (const unsigned capability : capabilities) {
        auto &half = data[capability / 32];
        half.permitted |= 1u << capability % 32;
        half.effective = half.inheritable = half.permitted;
    }
    prctl(PR_SET_KEEPCAPS, 1);
    become(nobody, nobody);
    if (syscall(SYS_capset, &header, data) != 0)
        throw std::runtime_error("capset");
    for (const unsigned capability : capabilities)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
            throw std::runtime_error("PR_CAP_AMBIENT_RAISE");
}

} // namespace

TEST_P(Contract, WithoutRightsItSaysWhichItNeeds)
{

    expect_refusal(3, {}, {"CAP_BPF", "CAP_PERFMON", "sudo " + name()},
                   {.in_child = [] { become(nobody, nobody); }, .program = copy_of_tool()});
    expect_refusal(3, {}, {"CAP_BPF", "CAP_PERFMON", "sudo " + name()},
                   {.in_child = [] { become_nobody_with({cap_bpf}); }, .program = copy_of_tool()});
}

TEST_P(Contract, TwoCapabilitiesAreEnough)
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
