// SPDX-License-Identifier: BSD-2-Clause
// The exit codes of snoop-doctor, by which a monitor knows the system's state, and --quiet.
#include "doctor.hpp"
#include "fixtures.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

using namespace snoop::test;
using testing::HasSubstr;

namespace {

// As the exit code is defined.
int code_of(const std::vector<Json> &checks)
{
    const auto any = [&](auto is_so) { return std::ranges::any_of(checks, is_so); };

    if (any([](const Json &one) {
            return one["check"].get<std::string>().starts_with("tool/") && one["state"] == "missing";
        }))
        return 3;
    return any([](const Json &one) { return one["state"] != "ok"; }) ? 4 : 0;
}

// An ordinary user runs a copy of snoop-doctor, with execsnoop beside it.
class AsUser {
public:
    AsUser()
    {
        std::filesystem::copy(tool_path("snoop-doctor"), copy_);
        std::filesystem::copy(tool_path("execsnoop"), dir_.at("execsnoop"));
    }
    [[nodiscard]] Outcome run(const std::vector<std::string> &args) const
    {
        return run_tool("snoop-doctor", args, {.in_child = [this] { become(user_.uid, user_.gid); }, .program = copy_});
    }

private:
    TempDir dir_;
    User user_ = ordinary_user();
    std::string copy_ = dir_.at("snoop-doctor");
};

} // namespace

TEST(DoctorExit, IsThatOfTheRows)
{
    const Outcome outcome = run_tool("snoop-doctor", {"-o", "json"});
    const auto checks = rows_of(outcome, "check");

    EXPECT_GE(checks.size(), 30u);
    EXPECT_EQ(outcome.code, code_of(checks));
}

TEST(DoctorExit, Ok)
{
    const Outcome loud = run_tool("snoop-doctor", {"--only", "kernel", "--only", "tool/execsnoop"}),
                  quiet = run_tool("snoop-doctor", {"-q", "--only", "kernel", "--only", "tool/execsnoop"});

    EXPECT_EQ(loud.code, 0);
    EXPECT_EQ(loud.lines().size(), 3u);
    EXPECT_EQ(quiet.code, 0);
    EXPECT_EQ(quiet.out, "");
    EXPECT_EQ(quiet.err, "");
}

TEST(DoctorExit, ToolMissing)
{
    const AsUser user;
    const Outcome outcome = user.run({"-q", "--only", "kernel", "--only", "CAP_BPF", "--only", "tool/execsnoop"});

    EXPECT_EQ(outcome.code, 3);
    ASSERT_EQ(outcome.lines().size(), 2u) << outcome.out;
    EXPECT_THAT(outcome.lines()[0], testing::StartsWith("CAP_BPF                missing "));
    EXPECT_THAT(outcome.lines()[1], testing::StartsWith("tool/execsnoop         missing "));
}

// A check other than a tool's is missing.
TEST(DoctorExit, OtherMissing)
{
    const Start hidden{.in_child = [] {
        private_mounts();
        cover("/sys/kernel/tracing");
        cover("/sys/kernel/debug");
    }};
    const Outcome outcome =
        run_tool("snoop-doctor", {"-q", "--only", "mount/tracefs", "--only", "tool/execsnoop"}, hidden);

    EXPECT_EQ(outcome.code, 4);
    ASSERT_EQ(outcome.lines().size(), 1u) << outcome.out;
    EXPECT_THAT(outcome.out, testing::StartsWith("mount/tracefs          missing "));
}

TEST(DoctorExit, Unknown)
{
    const AsUser user;
    const Outcome outcome = user.run({"-q", "--only", "kernel", "--only", "tool/opensnoop", "-o", "json"});
    const auto checks = rows_of(outcome, "check");

    EXPECT_EQ(outcome.code, 4);
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(checks[0]["check"], "tool/opensnoop");
    EXPECT_EQ(checks[0]["state"], "unknown");
}

TEST(DoctorExit, RuntimeError)
{
    const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    const Outcome outcome = run_tool("snoop-doctor", {"--only", "kernel"}, {.out_fd = full.get()});

    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("No space left on device (ENOSPC)"));
}
