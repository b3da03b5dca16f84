// SPDX-License-Identifier: BSD-2-Clause
// Programs delete the state that they keep between hooks, however processes end: their maps are
// empty again after the load.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "stress.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <map>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::SizeIs;

using Args = std::vector<std::string>;

// All maps with state that the tool has. Of `-- CMD` so many processes still run.
void expect_empty(const ToolRun &tool, std::size_t of_command = 0)
{
    const auto has = [&](const char *map, std::size_t left) {
        EXPECT_TRUE(eventually([&] { return entries_of(tool.pid(), map).value_or(left) == left; }))
            << map << " has " << entries_of(tool.pid(), map).value_or(0) << " entries";
    };

    has("uring_calls", 0);
    has("execs_claimed", 0);
    has("running", of_command);
    has("descendants", of_command);
    // This map has all processes.
    EXPECT_TRUE(eventually([&] { return gone_in(tool.pid(), "lineages").empty(); }))
        << testing::PrintToString(gone_in(tool.pid(), "lineages"));
    // This map has calls of all processes. A call whose return was missed is removed when its thread exits
    // at the latest, and that may be a kernel worker, which lives on.
    EXPECT_TRUE(eventually([&] { return gone_in(tool.pid(), "filp_open_calls").empty(); }))
        << testing::PrintToString(gone_in(tool.pid(), "filp_open_calls"));
}

// ---- killed at any moment ----------------------------------------------------------------

// The argument is a directory with files through which it reports that it is done, and waits to go on.
const Load much_turmoil{"much_turmoil", [](const Args &args) {
                            const std::string done = args.at(0) + "/done", end = args.at(0) + "/end";
                            for (int i = 0; i < 3; i++) {
                                const Stress stress;
                                stress.wait_for(2);
                            }
                            write_file(done, "");
                            return eventually([&] { return access(end.c_str(), F_OK) == 0; }) ? 0 : 1;
                        }};

struct Case {
    std::string name, tool;
    Args args;
};
void PrintTo(const Case &one, std::ostream *out) { *out << one.name; }

class Killed : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(, Killed,
                         testing::Values(Case{"execsnoop", "execsnoop", {"-x", "--exit"}},
                                         Case{"execsnoop_ancestors", "execsnoop", {"--ancestors"}},
                                         Case{"execcount", "execcount", {"-x", "-i", "1000"}},
                                         Case{"opensnoop", "opensnoop", {"-F"}},
                                         Case{"opencount", "opencount", {"-F", "-i", "1000"}},
                                         Case{"opensnoop_kprobe", "opensnoop", {"-F", "--probe", "kprobe"}}),
                         [](const auto &one) { return one.param.name; });

TEST_P(Killed, UnderLoad)
{
    const auto &[name, tool_name, args] = GetParam();
    if (name == "opensnoop_kprobe") {
        SNOOP_NEEDS(kprobe);
    }
    const TempDir dir;
    const Exec load = much_turmoil.exec({dir.path()});
    Args all = args;
    all.insert(all.end(), {"--", load.path, dir.path()});
    ToolRun tool{tool_name, all, {.env = much_turmoil.env()}};

    ASSERT_TRUE(eventually([&] { return access(dir.at("done").c_str(), F_OK) == 0; }));
    expect_empty(tool, 1);
    dir.file("end", "");
    EXPECT_EQ(tool.wait(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["in_flight"], 0u) << tool.err();
    EXPECT_GT(accounting["printed"] + accounting["counted"], 30u) << tool.err();
    EXPECT_THAT(tool.err(), testing::HasSubstr(" exited with 0\n"));
}

// ---- process IDs are reused ----------------------------------------------------------------

// Limits process IDs for the lifetime of the object.
class PidMax {
public:
    explicit PidMax(int most) { tell_kernel(path, std::to_string(most)); }
    ~PidMax() { tell_kernel(path, before_); }
    PidMax(const PidMax &) = delete;
    PidMax &operator=(const PidMax &) = delete;

private:
    static constexpr const char *path = "/proc/sys/kernel/pid_max";
    const std::string before_ = read_file(path);
};

TEST(ProcessIds, AreReused)
{
    SNOOP_NEEDS(alone);
    constexpr int processes = 120, first = 300, most = 340; // first: include/linux/threads.h, RESERVED_PIDS
    const TempDir dir;
    std::vector<std::string> programs;
    for (int code = 0; code < 7; code++)
        programs.push_back(dir.program(fmt::format("ends{}", code), code));
    ToolRun execs{"execsnoop", {"-o", "json", "--exit", "-P", std::to_string(getpid())}};

    {
        // IDs below the first are used only once, after boot.
        while (Process::lightly([] { _exit(0); }).wait().pid < first)
            ;
        const PidMax few{most};
        for (int i = 0; i < processes; i++)
            EXPECT_EQ(run({.path = programs[static_cast<std::size_t>(i % 7)]}).status, i % 7 << 8);
    }
    expect_empty(execs);
    EXPECT_EQ(execs.stop(), 0);
    const auto rows = execs.rows();
    ASSERT_THAT(rows, SizeIs(processes));
    std::map<int, int> times; // each number came
    for (const Json &row : rows) {
        EXPECT_EQ(row["comm"], fmt::format("ends{}", row["exit_code"].get<int>())) << row;
        times[row["pid"]]++;
    }
    EXPECT_LT(times.size(), processes / 2u) << testing::PrintToString(times);
    EXPECT_EQ(expect_balance(execs.err())["lost"], 0u);
}

} // namespace
} // namespace snoop::test
