// SPDX-License-Identifier: BSD-2-Clause
#include "bpf_objects.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "process.hpp"
#include "terminal.hpp"
#include "tool_run.hpp"

#include "kernel/features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

using namespace snoop::test;
using testing::HasSubstr;

namespace {

// The findings of `snoop-doctor -o json`, by the name of the check.
std::map<std::string, Json> findings(const Outcome &outcome)
{
    std::map<std::string, Json> all;

    for (const auto &line : outcome.lines())
        if (Json one = parse_json(line); one["event"] == "check")
            all[one["check"]] = one;
    return all;
}

std::map<std::string, Json> examine(const std::vector<std::string> &checks, const Start &start = {})
{
    std::vector<std::string> args{"-o", "json"};

    for (const auto &check : checks)
        args.insert(args.end(), {"--only", check});
    return findings(run_tool("snoop-doctor", args, start));
}

// The choice of opensnoop: fentry if possible, unless the kernel may skip it.
const char *kernel_chooses_for_opens()
{
    return !lacks(Hook::fentry) && !snoop::kernel::may_preempt_programs() ? "do_sys_openat2" : "sys_exit";
}

} // namespace

// The test probes each of them in another way.
TEST(Doctor, ReportsHooks)
{
    const auto found = examine({"hook/"});
    const std::map<std::string, Hook> hooks{
        {"hook/tracepoint", Hook::tp}, {"hook/raw_tp", Hook::raw_tp},     {"hook/tp_btf", Hook::tp_btf},
        {"hook/kprobe", Hook::kprobe}, {"hook/kretprobe", Hook::kprobe},  {"hook/fentry", Hook::fentry},
        {"hook/fexit", Hook::fentry},  {"hook/fmod_ret", Hook::fmod_ret}, {"hook/lsm", Hook::lsm},
        {"hook/uprobe", Hook::uprobe}, {"hook/uretprobe", Hook::uprobe},  {"hook/xdp", Hook::xdp}};

    for (const auto &[check, hook] : hooks) {
        ASSERT_TRUE(found.contains(check)) << check;
        const auto reason = lacks(hook);
        EXPECT_EQ(found.at(check)["state"], reason ? "missing" : "ok") << check << ": " << reason.value_or("is there");
    }
}

// Without a terminal, a row is one line, however long.
TEST(Doctor, WrapsRowsOnATerminal)
{
    SNOOP_NEEDS(tmux);
    constexpr const char *check = "tool/execsnoop";
    const auto row_in = [&](const std::vector<std::string> &lines) {
        return std::ranges::find_if(lines, [&](const std::string &line) { return line.starts_with(check); });
    };
    const Outcome piped = run_tool("snoop-doctor", {"--only", check});
    const std::vector<std::string> lines = piped.lines();
    ASSERT_EQ(lines.size(), 2u) << piped.out;
    ASSERT_GT(row_in(lines)->size(), 70u);

    const Terminal terminal{70, 24, {tool_path("snoop-doctor"), "--only", check}};
    EXPECT_EQ(terminal.wait(), piped.code);
    const std::vector<std::string> screen = terminal.lines();
    const auto first = row_in(screen);
    ASSERT_NE(first, screen.end());
    const std::string margin(lines[0].find("FOUND"), ' ');
    std::string joined = *first;
    for (auto line = first + 1; line != screen.end() && line->starts_with(margin); ++line)
        joined += line->substr(margin.size() - 1);
    EXPECT_NE(joined, *first);
    EXPECT_EQ(joined, *row_in(lines));
}

// These work on every kernel.
TEST(Doctor, ReportsHooksOfTools)
{
    const auto found = examine({"tool/exec", "tool/opensnoop", "tool/opencount"});

    EXPECT_EQ(found.size(), 4u);
    for (const auto &[tool, hook] : {std::pair{"tool/execsnoop", "sched_process_exec"},
                                     {"tool/execcount", "sched_process_exec"},
                                     {"tool/opensnoop", kernel_chooses_for_opens()},
                                     {"tool/opencount", kernel_chooses_for_opens()}}) {
        EXPECT_EQ(found.at(tool)["state"], "ok") << found.at(tool);
        EXPECT_THAT(found.at(tool)["found"].get<std::string>(), HasSubstr(hook)) << tool;
    }
}

TEST(Doctor, WithoutPrivileges)
{
    const User user = ordinary_user();
    const TempDir dir;
    const std::string copy = dir.at("snoop-doctor");
    std::filesystem::copy(tool_path("snoop-doctor"), copy);
    std::filesystem::copy(tool_path("execsnoop"), dir.at("execsnoop"));

    const Outcome outcome =
        run_tool("snoop-doctor", {"-o", "json"}, {.in_child = [&] { become(user.uid, user.gid); }, .program = copy});
    const auto found = findings(outcome);
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(found.at("user")["found"], user.name);
    EXPECT_EQ(found.at("CAP_BPF")["state"], "missing");
    EXPECT_EQ(found.at("hook/raw_tp")["state"], "missing");
    EXPECT_EQ(found.at("hook/raw_tp")["fix"], "run it as root");
    EXPECT_EQ(found.at("tool/execsnoop")["state"], "missing");
    EXPECT_THAT(found.at("tool/execsnoop")["found"].get<std::string>(), HasSubstr("needs root"));
    EXPECT_EQ(found.at("tool/opensnoop")["state"], "unknown");
}

TEST(Doctor, MissingMount)
{
    SNOOP_NEEDS(tracefs);
    const std::vector<std::string> checks{"mount/", "hook/tracepoint", "tool/execsnoop"};
    const auto there = examine(checks), hidden = examine(checks, {.in_child = [] {
                                                             private_mounts();
                                                             cover("/sys/kernel/tracing");
                                                             cover("/sys/kernel/debug");
                                                         }});

    EXPECT_EQ(there.at("mount/tracefs")["state"], "ok");
    EXPECT_EQ(hidden.at("mount/tracefs")["state"], "missing");
    EXPECT_EQ(hidden.at("mount/tracefs")["fix"], "mount -t tracefs tracefs /sys/kernel/tracing");
    EXPECT_EQ(hidden.at("hook/tracepoint")["state"], "missing");
    EXPECT_THAT(there.at("tool/execsnoop")["found"].get<std::string>(), HasSubstr("failures by "));
    EXPECT_THAT(hidden.at("tool/execsnoop")["found"].get<std::string>(),
                HasSubstr("failures by raw_tp/sys_exit, since there is no tracefs"));
}

// Two tools have a map of the same name, so bpftool refuses the name.
TEST(Doctor, MapsOfRunningTools)
{
    ToolRun one{"execsnoop", {"-v", "-u", "nobody"}}, two{"execcount", {"-u", "nobody"}}, none{"opensnoop"};
    std::map<pid_t, Json> maps;

    for (const auto &line : run_tool("snoop-doctor", {"--maps", "-o", "json"}).lines())
        maps[parse_json(line)["pid"]] = parse_json(line);
    for (const ToolRun *tool : {&one, &two}) {
        const Json &map = maps[tool->pid()];
        EXPECT_EQ(map["event"], "map");
        EXPECT_EQ(map["tool"], tool == &one ? "execsnoop" : "execcount");
        EXPECT_EQ(map["map"], "uid_filter");
        EXPECT_EQ(map["holds"], "users of --uid");
        EXPECT_EQ(map["id"], map_id(tool->pid(), "uid_filter").value());
    }
    EXPECT_FALSE(maps.contains(none.pid()));
    EXPECT_THAT(one.err(), HasSubstr(fmt::format("execsnoop: map: uid_filter (users of --uid) can be edited by "
                                                 "`bpftool map update id {}`\n",
                                                 map_id(one.pid(), "uid_filter").value())));
    EXPECT_THAT(run_tool("snoop-doctor", {"--maps"}).lines(),
                testing::Contains(testing::MatchesRegex(
                    fmt::format("{} +execcount +[0-9]+ +uid_filter +users of --uid", two.pid()))));
    for (ToolRun *tool : {&one, &two, &none})
        EXPECT_EQ(tool->stop(), 0);
    // The kernel may not have freed that map yet, but it is not listed.
    for (const auto &line : run_tool("snoop-doctor", {"--maps", "-o", "json"}).lines())
        EXPECT_NE(parse_json(line)["pid"], two.pid());
}

TEST(Doctor, MapsNeedRoot)
{
    const User user = ordinary_user();
    const TempDir dir;
    const std::string copy = dir.at("snoop-doctor");
    std::filesystem::copy(tool_path("snoop-doctor"), copy);

    const Outcome outcome =
        run_tool("snoop-doctor", {"--maps"}, {.in_child = [&] { become(user.uid, user.gid); }, .program = copy});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("--maps needs root"));
}

TEST(Doctor, TextIsATable)
{
    const auto lines = run_tool("snoop-doctor", {"--only", "hook/raw_tp", "--only", "kernel"}).lines();

    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0], "CHECK                  STATE   FOUND");
    EXPECT_THAT(lines, testing::Contains(testing::MatchesRegex("hook/raw_tp            ok      raw_tp/.*")));
}

TEST(Doctor, Usage)
{
    for (const auto &[args, words] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"--measure", "0"}, "--measure: invalid time '0'"},
             {{"--only", "kernel", "--only", "nope"}, "--only: no check is named 'nope': give the beginning of one of"},
             {{"--only", "programs", "--programs"}, "--only is about checks: omit it, or --programs"},
             {{"-q", "--maps"}, "--quiet is about checks: omit it, or --maps"},
             {{"--maps", "--programs"}, "give only one of --programs, --maps and --bundle"},
             {{"--measure", "1"}, "--measure requires --programs or --bundle"},
             {{"--top", "1"}, "--top requires --programs"},
             {{"--programs", "--top", "0"}, "--top: invalid count '0'"},
             {{"--bundle", ""}, "--bundle: the value is empty"},
             {{"-d", "1"}, "unexpected option '-d'"},
             {{"--", "ls"}, "does not run commands: omit `-- ls`"}}) {
        const Outcome outcome = run_tool("snoop-doctor", args);
        EXPECT_EQ(outcome.code, 2);
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, HasSubstr(words));
    }
}
