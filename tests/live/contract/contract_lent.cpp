// SPDX-License-Identifier: BSD-2-Clause
// With capabilities of the executable, which its caller does not have: they are for tracing alone.
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "privileges.hpp"
#include "process.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {

using testing::HasSubstr;

namespace {

using Args = std::vector<std::string>;

// A copy of the tool that lends to every user what tracing takes. Most kernels leave probes to CAP_SYS_ADMIN.
std::string lending(const EventTool &tool, const std::string &copy)
{
    std::vector<unsigned> capabilities{cap_bpf, cap_perfmon};
    if (tool.is_by_perf)
        capabilities.push_back(CAP_SYS_ADMIN);
    lend_capabilities(copy, capabilities);
    return copy;
}

// Without --btf, which needs capabilities of the caller.
Start as_nobody(const std::string &program)
{
    return {.in_child = [] { become(nobody, nobody); }, .program = program, .kernels_btf = true};
}

std::string capabilities_of(pid_t pid)
{
    const std::string status = read_file("/proc/" + std::to_string(pid) + "/status"), key = "CapPrm:\t";
    const std::size_t at = status.find(key);
    return at == status.npos ? "" : status.substr(at + key.size(), 16);
}

} // namespace

TEST_P(Contract, LentCapabilitiesTraceButAreNotTheCommands)
{
    SNOOP_NEEDS(ring);
    const std::string copy = lending(GetParam(), copy_of_tool()), mark = marker();
    ToolRun tool{
        name(),
        {"-o", "json", "--transport", "ring", "--", "/bin/sh", "-c", "cat /proc/self/status >&2; exec sleep 60"},
        as_nobody(copy)};

    tool.wait_err("CapBnd:");
    EXPECT_THAT(tool.err(), HasSubstr("CapPrm:\t0000000000000000"));
    EXPECT_THAT(tool.err(), HasSubstr("CapAmb:\t0000000000000000"));
}

TEST_P(Contract, LentCapabilitiesReadNoOtherBtf)
{
    expect_refusal(2, {"--btf", "/sys/kernel/btf/vmlinux"}, {"--btf needs root", "kernel memory"},
                   as_nobody(lending(GetParam(), copy_of_tool())));
}

// Files are opened with the caller's permissions.
TEST_P(Contract, LentCapabilitiesOpenNoFiles)
{
    const Start start = as_nobody(lending(GetParam(), copy_of_tool()));
    const std::string secret = dir.file("secret", "x", 0600), folder = dir.folder("closed");

    ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
    expect_refusal(2, {"--record", folder + "/recording"}, {"--record", "EACCES"}, start);
    expect_refusal(2, {"--record", secret}, {"--record", "EACCES"}, start);
    const Outcome replay = run_tool(name(), {"--replay", secret}, start);
    EXPECT_EQ(replay.code, 2);
    EXPECT_THAT(replay.err, HasSubstr("EACCES"));
}

// A recording may be made to exploit an error of the tool's.
TEST_P(Contract, LentCapabilitiesReplayNothing)
{
    const std::string copy = lending(GetParam(), copy_of_tool());
    const auto [out, in] = make_pipe();
    Start start{.in_child =
                    [&, &out = out] {
                        dup2(out.get(), STDIN_FILENO);
                        become(nobody, nobody);
                    },
                .program = copy,
                .wait = false,
                .kernels_btf = true};
    ToolRun tool{name(), {"--replay", "-"}, start};

    // Until then it is the test's child, which has none either.
    const std::string proc = "/proc/" + std::to_string(tool.pid());
    EXPECT_TRUE(eventually([&] { return read_file(proc + "/comm").starts_with("copy-of-"); }));
    EXPECT_TRUE(eventually([&] { return capabilities_of(tool.pid()) == "0000000000000000"; }));
    EXPECT_EQ(tool.out(), "");
}

} // namespace snoop::test
