// SPDX-License-Identifier: BSD-2-Clause
// snoop-doctor --bundle: all that a bug report needs, and nothing of a user.
#include "doctor.hpp"
#include "fixtures.hpp"
#include "process.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

using namespace snoop::test;
using testing::HasSubstr;

namespace {

constexpr uid_t marked_uid = 54321;

// A place for snoop-doctor and the other tools whose path has the mark, and a space.
class MarkedTools {
public:
    explicit MarkedTools(const std::string &mark) : folder_(dir_.folder(mark + " home/bin"))
    {
        for (const char *tool : {"snoop-doctor", "execsnoop", "openguard", "usdtsnoop"})
            std::filesystem::copy(tool_path(tool), folder_ + "/" + tool);
        dir_.file(mark + " home/" + mark, mark);
        dir_.folder(mark + " home/mounted");
    }
    [[nodiscard]] std::string at(std::string_view tool) const { return fmt::format("{}/{}", folder_, tool); }
    [[nodiscard]] std::string home() const { return std::filesystem::path{folder_}.parent_path(); }

private:
    TempDir dir_;
    std::string folder_;
};

void require(bool is_done, const char *what)
{
    if (!is_done)
        throw std::runtime_error{fmt::format("cannot {}: errno {}", what, errno)};
}

// In a child: a host, a user and a mount with the mark in their names.
void enter_marked_system(const std::string &mark, const MarkedTools &tools)
{
    private_mounts();
    require(unshare(CLONE_NEWUTS) == 0 && sethostname(mark.data(), mark.size()) == 0, "name the host");
    const std::string users = tools.home() + "/users";
    write_file(users, read_file("/etc/passwd") +
                          fmt::format("{}:x:{}:{}:{}:{}:/bin/sh\n", mark, marked_uid, marked_uid, mark, tools.home()));
    bind_mount(users, "/etc/passwd");
    const std::string place = tools.home() + "/mounted";
    require(mount("bpf", place.c_str(), "bpf", 0, "") == 0, "mount bpffs");
    require(chdir(tools.home().c_str()) == 0, "change to the home directory");
}

Start marked_start(const std::string &mark, const MarkedTools &tools, bool is_root)
{
    return {.in_child =
                [&mark, &tools, is_root] {
                    enter_marked_system(mark, tools);
                    if (!is_root)
                        become(marked_uid, marked_uid);
                },
            .env = {{"HOME", tools.home()},
                    {"USER", mark},
                    {"LOGNAME", mark},
                    {"HOSTNAME", mark},
                    {"MARK", mark},
                    {"EDITOR", mark},
                    {"PWD", tools.home()}},
            .program = tools.at("snoop-doctor")};
}

// A process that has the mark in its name and arguments, and holds BPF programs.
class MarkedProcess {
public:
    explicit MarkedProcess(const std::string &mark) : copy_(dir_.at(mark))
    {
        std::filesystem::copy(tool_path("execsnoop"), copy_);
        tool_.emplace("execsnoop", std::vector<std::string>{"-n", mark}, Start{.program = copy_});
    }
    [[nodiscard]] pid_t pid() const { return tool_->pid(); }

private:
    TempDir dir_;
    std::string copy_;
    std::optional<ToolRun> tool_;
};

std::vector<std::string> names_of_checks(const std::vector<Json> &checks)
{
    std::vector<std::string> names;
    std::ranges::transform(checks, std::back_inserter(names), [](const Json &one) { return one["check"]; });
    return names;
}

} // namespace

// Without the bundle, the mark is in what the same user sees: the test would find it.
TEST(DoctorBundle, HasNothingOfAUser)
{
    const std::string mark = marker();
    const MarkedTools tools{mark};
    const MarkedProcess process{mark};

    const Outcome seen = run_tool("snoop-doctor", {"--only", "user", "--only", "tool/", "--only", "mount"},
                                  marked_start(mark, tools, false));
    ASSERT_EQ(read_file(fmt::format("/proc/{}/comm", process.pid())), mark + "\n");
    EXPECT_THAT(seen.out, HasSubstr(fmt::format("ok      {}\n", mark)));          // the user
    EXPECT_THAT(seen.out, HasSubstr(fmt::format("{} home/bin/execsnoop", mark))); // the file to run with sudo
    for (const bool is_root : {false, true}) {
        const Outcome outcome =
            run_tool("snoop-doctor", {"--bundle", "-", "--measure", "0.1"}, marked_start(mark, tools, is_root));
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        const Json bundle = parse_json(outcome.out);
        EXPECT_EQ(bundle["environment"]["is_root"], is_root);
        EXPECT_EQ(bundle["programs"].is_array(), is_root); // a user may not list them
        EXPECT_THAT(outcome.out, testing::Not(HasSubstr(mark)));
        EXPECT_THAT(outcome.out, HasSubstr(is_root ? "execsnoop: tracing" : "<path>"));
    }
}

// The checks are those that are printed, without the name of the user and those of processes.
TEST(DoctorBundle, HasAllThatIsNeeded)
{
    const TempDir dir;
    const std::string file = dir.at("bundle");
    const Outcome outcome = run_tool("snoop-doctor", {"--bundle", file, "--measure", "0.1"}),
                  report = run_tool("snoop-doctor", {"-o", "json"});
    const Json bundle = parse_json(read_file(file));

    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, fmt::format("snoop-doctor: --bundle: wrote '{}': read it before you send it\n", file));
    for (const char *member : {"libraries", "kernel", "distribution", "machine", "environment", "mounts", "sysctls",
                               "security", "limits", "checks", "tools", "programs"})
        EXPECT_TRUE(bundle.contains(member)) << member;

    std::vector<Json> checks, tools;
    for (const Json &check : rows_of(report, "check"))
        if (const std::string name = check["check"]; name.starts_with("tool/"))
            tools.push_back(check);
        else if (name != "user" && name != "programs")
            checks.push_back(check);
    EXPECT_EQ(names_of_checks(bundle["checks"]), names_of_checks(checks));
    ASSERT_EQ(bundle["tools"].size(), tools.size());
    for (std::size_t i = 0; i < tools.size(); i++) {
        const Json &tool = bundle["tools"][i];
        EXPECT_EQ(tool["result"]["check"], tools[i]["check"]);
        EXPECT_EQ(tool["result"]["state"], tools[i]["state"]) << tool;
        EXPECT_EQ(tool["exit_code"] == 0, tools[i]["state"] == "ok") << tool;
        EXPECT_THAT(tool["version"].get<std::string>(), testing::MatchesRegex("[a-z-]+ [0-9.]+"));
        EXPECT_FALSE(tool["log"].empty()) << tool;
    }
}

// As --record does.
TEST(DoctorBundle, ReplacesAFile)
{
    const TempDir dir;
    const std::string file = dir.file("bundle", "old", 0644);
    const Outcome outcome = run_tool("snoop-doctor", {"--bundle", file, "--measure", "0.1"});
    struct stat about {};

    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, HasSubstr(fmt::format("--bundle: '{}' is replaced\n", file)));
    ASSERT_EQ(stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600u);
    EXPECT_EQ(parse_json(read_file(file))["format"], "snoop-doctor bundle 1");

    const Outcome failed = run_tool("snoop-doctor", {"--bundle", dir.at("none/bundle")});
    EXPECT_EQ(failed.code, 2);
    EXPECT_THAT(failed.err, HasSubstr("--bundle: cannot write '" + dir.at("none/bundle")));
    const Outcome full = run_tool("snoop-doctor", {"--bundle", "/dev/full", "--measure", "0.1"});
    EXPECT_EQ(full.code, 1);
    EXPECT_THAT(full.err, HasSubstr("--bundle: cannot write '/dev/full': No space left on device (ENOSPC)"));
}
