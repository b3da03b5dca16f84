// SPDX-License-Identifier: BSD-2-Clause
// snoop-doctor --programs: the BPF programs of the system, and what they cost.
#include "doctor.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "process.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <unistd.h>

using namespace snoop::test;
using testing::HasSubstr;

namespace {

// `return 1`, which lets every packet pass.
Fd load_empty(bpf_prog_type type, const std::string &name)
{
    const std::array<bpf_insn, 2> code{
        bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 1},
        bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    Fd program{bpf_prog_load(type, name.c_str(), "GPL", code.data(), code.size(), nullptr)};

    if (!program)
        throw std::runtime_error{fmt::format("cannot load {}: errno {}", name, errno)};
    return program;
}

bpf_prog_info info_of(const Fd &program)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0)
        throw std::runtime_error{fmt::format("cannot ask about a program: errno {}", errno)};
    return info;
}

void run_times(const Fd &program, int times)
{
    std::array<char, 64> packet{};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_size_in = packet.size(), .repeat = times);

    ASSERT_EQ(bpf_prog_test_run_opts(program.get(), &options), 0);
}

// A name of at most 15 bytes, of this run alone.
std::string unique_name() { return fmt::format("t{}", getpid()); }

std::optional<Json> row_of(const Outcome &outcome, const std::string &name)
{
    const std::vector<Json> rows = rows_of(outcome, "program");
    const auto row = std::ranges::find_if(rows, [&](const Json &one) { return one["program"] == name; });
    return row == rows.end() ? std::nullopt : std::optional{*row};
}

bool is_asleep(pid_t pid)
{
    std::ifstream file{fmt::format("/proc/{}/syscall", pid)};
    long call = -1;
    return file >> call && (call == SYS_clock_nanosleep || call == SYS_nanosleep);
}

} // namespace

// It sleeps only while it measures.
TEST(DoctorPrograms, CountsRuns)
{
    constexpr int times = 1234;
    const Fd program = load_empty(BPF_PROG_TYPE_SOCKET_FILTER, unique_name());
    const std::uint64_t before = info_of(program).run_cnt;
    ToolRun tool{"snoop-doctor", {"--programs", "--measure", "4", "-o", "json"}, {.wait = false}};

    ASSERT_TRUE(eventually([&] { return is_asleep(tool.pid()); }));
    run_times(program, times);
    ASSERT_TRUE(is_asleep(tool.pid())) << "the measurement has ended too early for this test";
    EXPECT_EQ(tool.wait(), 0);
    ASSERT_EQ(info_of(program).run_cnt - before, times);

    const auto row = row_of({0, tool.out(), ""}, unique_name());
    ASSERT_TRUE(row) << tool.out();
    EXPECT_EQ((*row)["id"], info_of(program).id);
    EXPECT_EQ((*row)["type"], "socket_filter");
    EXPECT_EQ((*row)["pid"], getpid());
    EXPECT_EQ((*row)["comm"], read_file("/proc/self/comm").substr(0, read_file("/proc/self/comm").find('\n')));
    EXPECT_EQ((*row)["held_by"], "process");
    EXPECT_EQ((*row)["holders"], 1);
    EXPECT_EQ((*row)["runs"], times);
    EXPECT_GT((*row)["runs_per_s"], 0);
    EXPECT_LE((*row)["runs_per_s"], times / 4.0);
    EXPECT_EQ((*row)["ns_per_run"], info_of(program).run_time_ns / times);
    EXPECT_GT((*row)["cpu_percent"], 0);
}

// The order is that of the share of the CPU, so a program that ran is before one that did not.
TEST(DoctorPrograms, SortsAndCuts)
{
    const Fd idle = load_empty(BPF_PROG_TYPE_SOCKET_FILTER, "idle"),
             busy = load_empty(BPF_PROG_TYPE_SOCKET_FILTER, "busy");
    const Process runs{[&] {
        for (;;)
            run_times(busy, 1'000'000);
    }};
    const auto ranks = rows_of(run_tool("snoop-doctor", {"--programs", "--measure", "0.3", "-o", "json"}), "program");
    const auto place = [&](const Fd &program) {
        return std::ranges::find_if(ranks, [&](const Json &one) { return one["id"] == info_of(program).id; });
    };

    ASSERT_NE(place(busy), ranks.end());
    ASSERT_NE(place(idle), ranks.end());
    EXPECT_LT(place(busy) - ranks.begin(), place(idle) - ranks.begin());
    EXPECT_EQ((*place(idle))["runs"], 0);
    EXPECT_EQ((*place(idle))["ns_per_run"], nullptr);
    EXPECT_EQ((*place(busy))["holders"], 2);
    EXPECT_TRUE(
        std::ranges::is_sorted(ranks, std::greater{}, [](const Json &one) -> double { return one["cpu_percent"]; }));

    EXPECT_EQ(run_tool("snoop-doctor", {"--programs", "--measure", "0.1", "--top", "1"}).lines().size(), 2u);
}

TEST(DoctorPrograms, Text)
{
    const Fd program = load_empty(BPF_PROG_TYPE_SOCKET_FILTER, unique_name());
    const auto lines = run_tool("snoop-doctor", {"--programs", "--measure", "0.1"}).lines();

    ASSERT_GE(lines.size(), 2u);
    EXPECT_EQ(lines[0],
              "ID     TYPE             PID     COMM                 RUNS/S   NS/RUN    CPU%  SKIPPED PROGRAM");
    EXPECT_THAT(lines,
                testing::Contains(testing::MatchesRegex(fmt::format("{} +socket_filter +{} +[^ ]+ +0.0 +- +0.000 +0 {}",
                                                                    info_of(program).id, getpid(), unique_name()))));
}

TEST(DoctorPrograms, Pinned)
{
    const TempDir dir;
    const std::string name = unique_name();
    const Outcome outcome =
        run_tool("snoop-doctor", {"--programs", "--measure", "0.1", "-o", "json"}, {.in_child = [&] {
                     private_mounts();
                     if (mount("bpf", dir.path().c_str(), "bpf", 0, "") != 0)
                         throw std::runtime_error{"cannot mount bpffs"};
                     const std::string deep = dir.folder("a/b") + "/pin";
                     const Fd program = load_empty(BPF_PROG_TYPE_SOCKET_FILTER, name);
                     if (bpf_obj_pin(program.get(), deep.c_str()) != 0)
                         throw std::runtime_error{"cannot pin a program"};
                 }});
    const auto row = row_of(outcome, name);

    ASSERT_TRUE(row) << outcome.out << outcome.err;
    EXPECT_EQ((*row)["held_by"], "pin");
    EXPECT_EQ((*row)["pid"], nullptr);
    EXPECT_EQ((*row)["comm"], nullptr);
    EXPECT_EQ((*row)["holders"], 0);
}

TEST(DoctorPrograms, HeldByACgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup group;
    const std::string name = unique_name();
    {
        const Fd program = load_empty(BPF_PROG_TYPE_CGROUP_SKB, name), directory{open(group.path().c_str(), O_RDONLY)};
        ASSERT_EQ(bpf_prog_attach(program.get(), directory.get(), BPF_CGROUP_INET_EGRESS, 0), 0);
    }
    const Outcome json = run_tool("snoop-doctor", {"--programs", "--measure", "0.1", "-o", "json"}),
                  text = run_tool("snoop-doctor", {"--programs", "--measure", "0.1"});
    const auto row = row_of(json, name);

    ASSERT_TRUE(row) << json.out;
    EXPECT_EQ((*row)["held_by"], "other");
    EXPECT_EQ((*row)["pid"], nullptr);
    EXPECT_THAT(text.lines(),
                testing::Contains(testing::MatchesRegex(fmt::format("[0-9]+ +cgroup_skb +- +- .* {}", name))));
}

// The kernel keeps 15 bytes of a name, the types of the program all of it.
TEST(DoctorPrograms, WholeNames)
{
    ToolRun tool{"execsnoop", {"--", "sleep", "1000"}};
    std::vector<std::string> names;

    for (const Json &row :
         rows_of(run_tool("snoop-doctor", {"--programs", "--measure", "0.1", "-o", "json"}), "program"))
        if (row["pid"] == tool.pid()) {
            names.push_back(row["program"]);
            EXPECT_EQ(row["comm"], "execsnoop");
        }
    EXPECT_THAT(names, testing::Contains("on_exec"));
    EXPECT_THAT(names, testing::Contains("descendants_fork"));
    tool.stop();
}

TEST(DoctorPrograms, Summary)
{
    ToolRun tool{"execsnoop"};
    const auto checks = rows_of(run_tool("snoop-doctor", {"--only", "programs", "-o", "json"}), "check");

    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(checks[0]["state"], "ok");
    EXPECT_THAT(checks[0]["found"].get<std::string>(), testing::ContainsRegex("[0-9]+ loaded: .*execsnoop [0-9]+"));
    EXPECT_EQ(tool.stop(), 0);
}

TEST(DoctorPrograms, NeedRoot)
{
    const User user = ordinary_user();
    const TempDir dir;
    const std::string copy = dir.at("snoop-doctor");
    std::filesystem::copy(tool_path("snoop-doctor"), copy);
    const Start start{.in_child = [&] { become(user.uid, user.gid); }, .program = copy};

    const Outcome listed = run_tool("snoop-doctor", {"--programs"}, start);
    EXPECT_EQ(listed.code, 3);
    EXPECT_EQ(listed.out, "");
    EXPECT_THAT(listed.err, HasSubstr("--programs needs root"));
    const auto checks = rows_of(run_tool("snoop-doctor", {"--only", "programs", "-o", "json"}, start), "check");
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(checks[0]["state"], "unknown");
    EXPECT_EQ(checks[0]["fix"], "run it as root");
}
