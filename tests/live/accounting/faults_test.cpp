// SPDX-License-Identifier: BSD-2-Clause
// Faults while a tool runs: a CPU goes offline and comes back, somebody tries to detach its programs.
// The tool keeps running, and its accounting stays exact.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "event_flood.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "tool_run.hpp"

#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <ostream>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::IsEmpty;
using testing::Not;

using Args = std::vector<std::string>;

// ---- CPU hotplug -------------------------------------------------------------------------

// Keeps CPU 1 offline while it lives.
class CpuOffline {
public:
    CpuOffline() { set("0"); }
    ~CpuOffline() { set("1"); }
    CpuOffline(const CpuOffline &) = delete;
    CpuOffline &operator=(const CpuOffline &) = delete;

private:
    static void set(const char *online) { tell_kernel("/sys/devices/system/cpu/cpu1/online", online); }
};

struct Case {
    std::string tool, transport; // "" where the tool has none
};
void PrintTo(const Case &one, std::ostream *out) { *out << one.tool << ' ' << one.transport; }

constexpr int events = 20;

class Hotplug : public testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(hotplug);
        if (GetParam().tool == "usdtsnoop") {
            SNOOP_NEEDS(uprobe);
        } else if (GetParam().tool == "openguard") {
            SNOOP_NEEDS(lsm);
        }
    }

    [[nodiscard]] bool is_perf() const { return GetParam().transport == "perf"; }

    [[nodiscard]] Args args() const
    {
        const auto &[tool, transport] = GetParam();
        Args all{"-n", "made"};
        if (!transport.empty())
            all.insert(all.end(), {"--transport", transport});
        if (tool == "usdtsnoop")
            all.push_back(target + ":snooptest:mark");
        if (tool == "openguard")
            all.push_back(guarded);
        return all;
    }

    [[nodiscard]] Event event() const
    {
        const std::string &tool = GetParam().tool;
        if (tool == "opensnoop")
            return opens_of(dir.at("nothing"));
        if (tool == "openguard")
            return [this] {
                const Fd fd{open(guarded.c_str(), O_RDONLY)};
                if (!fd)
                    _exit(1);
            };
        if (tool == "usdtsnoop")
            return [this] {
                if (run({.path = target, .argv = {"target", "mark", "", "made"}}).status != 0)
                    _exit(1);
            };
        return execs_of(program);
    }

    void make_on(unsigned cpu) const
    {
        const Event event = this->event();
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "made");
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            if (sched_setaffinity(0, sizeof(one), &one) != 0)
                _exit(1);
            for (int i = 0; i < events; i++)
                event();
        });
        EXPECT_EQ(done.status, 0);
    }

    // `unseen` of the events were on a CPU without a perf buffer.
    void expect_accounting(ToolRun &tool, int made, int unseen) const
    {
        EXPECT_EQ(tool.stop(), 0);
        auto accounting = expect_balance(tool.err());
        const auto lost = static_cast<std::uint64_t>(is_perf() ? unseen : 0);
        EXPECT_EQ(accounting["lost"], lost) << tool.err();
        EXPECT_EQ(accounting["no_buffer"], lost) << tool.err();
        EXPECT_EQ(accounting["printed"] + accounting["counted"], static_cast<std::uint64_t>(made) - lost) << tool.err();
    }

    TempDir dir;
    const std::string program = dir.program("made"), guarded = dir.file("guarded", "");
    const std::string target = tool_path("usdt_target");
};

INSTANTIATE_TEST_SUITE_P(, Hotplug,
                         testing::Values(Case{"opensnoop", "ring"}, Case{"opensnoop", "perf"},
                                         Case{"usdtsnoop", "perf"}, Case{"openguard", "perf"}, Case{"execcount", ""}),
                         [](const auto &one) { return one.param.tool + one.param.transport; });

TEST_P(Hotplug, CpuGoesOfflineAndComesBack)
{
    ToolRun tool{GetParam().tool, args()};

    make_on(1);
    {
        const CpuOffline offline;
        make_on(0);
    }
    make_on(1);
    make_on(0);
    expect_accounting(tool, 4 * events, events);
}

TEST_P(Hotplug, CpuComesOnlineLater)
{
    std::optional<ToolRun> tool;
    {
        const CpuOffline offline;
        tool.emplace(GetParam().tool, args());
        make_on(0);
    }
    make_on(1);
    make_on(0);
    expect_accounting(*tool, 3 * events, events);
}

// ---- detaching ----------------------------------------------------------------------------

// The kernel supports `bpftool link detach` for cgroups, networks and the like, but not for links
// of tracing programs. So nobody can detach a tool's programs.
TEST(Detach, KernelRejectsItForTracingPrograms)
{
    const TempDir dir;
    const std::string program = dir.program("made");

    for (const char *name : {"execsnoop", "opensnoop", "execcount"}) {
        ToolRun tool{name, {"-n", "made"}};
        const BpfObjects objects = objects_of(tool.pid());
        EXPECT_THAT(objects.links, Not(IsEmpty()));
        for (const auto id : objects.links) {
            const Fd link{bpf_link_get_fd_by_id(id)};
            ASSERT_TRUE(link);
            EXPECT_NE(bpf_link_detach(link.get()), 0);
            EXPECT_EQ(errno, EOPNOTSUPP);
        }
        const Ended done = in_child([&] {
            prctl(PR_SET_NAME, "made");
            if (name == std::string_view{"opensnoop"})
                opens_of(dir.at("nothing"))();
            else
                execs_of(program)();
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        auto accounting = expect_balance(tool.err());
        EXPECT_EQ(accounting["printed"] + accounting["counted"], 1u) << tool.err();
    }
}

} // namespace
} // namespace snoop::test
