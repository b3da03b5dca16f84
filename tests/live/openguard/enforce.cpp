// SPDX-License-Identifier: BSD-2-Clause
// openguard --enforce: who is denied, when it stops, and which guards are rejected.
#include "accounting.hpp"
#include "openguard/openguard.hpp"

#include <cerrno>
#include <csignal>
#include <sys/stat.h>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST_F(Openguard, DeniesUser)
{
    ToolRun tool{"openguard", {"--enforce", "-u", "1000", one}};

    EXPECT_EQ(opens(as(1000)), EPERM);
    EXPECT_EQ(opens(as(1001)), 0);
    EXPECT_EQ(opens(), 0);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 1u);
    EXPECT_EQ(accounting["filtered"], 2u);
}

TEST_F(Openguard, DeniesComm)
{
    ToolRun tool{"openguard", {"--enforce", "-n", "thief", one}};

    EXPECT_EQ(opens(named("thief")), EPERM);
    EXPECT_EQ(opens(named("thiefs")), 0);
    EXPECT_EQ(opens(), 0);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["printed"], 1u);
}

TEST_F(Openguard, ExceptComm)
{
    ToolRun tool{"openguard", {"--enforce", "--except-comm", "keeper", one}};

    EXPECT_EQ(opens(named("keeper")), 0);
    EXPECT_EQ(opens(named("keepers")), EPERM);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 1u);
    EXPECT_EQ(accounting["filtered"], 1u);
}

// By the file that runs, whatever its name; a program that takes its place is another file.
TEST_F(Openguard, ExceptExe)
{
    const std::string cat = dir.at("cat"), link = dir.at("link"), copy = dir.file("copy", read_file("/bin/cat"), 0755);
    write_file(cat, read_file("/bin/cat"), 0755);
    ASSERT_EQ(symlink(cat.c_str(), link.c_str()), 0);
    ToolRun tool{"openguard", {"--enforce", "--except-exe", link, one}};
    const auto reads = [&](const std::string &program) {
        return run({.path = program, .argv = {"cat", one}}).status == 0;
    };

    EXPECT_TRUE(reads(cat));
    EXPECT_FALSE(reads(copy));
    ASSERT_EQ(rename(copy.c_str(), cat.c_str()), 0);
    EXPECT_FALSE(reads(cat));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["filtered"], 1u);
}

TEST_F(Openguard, DeniesCommand)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::string script = "read x <\"$1\"; cat \"$2\"; exit 7";
    ToolRun tool{"openguard", {"--enforce", one, "--", "/bin/sh", "-c", script, "sh", fifo, one}};

    EXPECT_EQ(opens(), 0);
    write_file(fifo, "go\n");
    EXPECT_EQ(tool.wait(), 7);
    EXPECT_THAT(tool.err(), HasSubstr("Operation not permitted"));
    EXPECT_THAT(tool.lines(), SizeIs(2));
    EXPECT_EQ(tool.count_with(" denied "), 1u);
}

TEST_F(Openguard, DeniesWithEnforceOnly)
{
    ToolRun tool{"openguard", {one}};

    EXPECT_EQ(opens(), 0);
    tool.line_with(" audited ");
    EXPECT_EQ(tool.stop(), 0);
    ToolRun strict{"openguard", {"--enforce", one}};
    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(strict.stop(), 0);
    EXPECT_EQ(strict.err_lines().front(), "openguard: enforcing: opens of guarded files fail with EPERM");
    EXPECT_EQ(opens(), 0);
}

// With all opens denied, openguard still runs, looks up users, and ends when told to.
TEST_F(Openguard, ExitsWhenEverythingIsDenied)
{
    const User user = ordinary_user();
    for (const int signal : {SIGTERM, SIGINT}) {
        ToolRun tool{"openguard", {"--enforce", "-d", "100", "-o", "json", "/"}};
        EXPECT_EQ(opens(as(user.uid)), EPERM);
        const auto row = tool.row_where([](const auto &r) { return r["comm"] == "opener"; });
        EXPECT_EQ(row["guard"], "/");
        EXPECT_EQ(row["user"], user.name);
        EXPECT_EQ(tool.stop(signal), 0);
        EXPECT_EQ(opens(as(user.uid)), 0);
    }
}

TEST_F(Openguard, KilledDeniesNothing)
{
    ToolRun tool{"openguard", {"--enforce", one}};

    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return opens() == 0; }));
}

TEST_F(Openguard, StopsAfterDuration)
{
    ToolRun tool{"openguard", {"--enforce", "-d", "0.5", one}};

    EXPECT_EQ(opens(), EPERM);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(opens(), 0);
}

// The programs know the end of the duration: they stop denying even if the tool is stopped.
TEST_F(Openguard, DurationStopsSuspendedTool)
{
    ToolRun tool{"openguard", {"--enforce", "-d", "0.5", one}};

    tool.send(SIGSTOP);
    EXPECT_EQ(opens(), EPERM);
    EXPECT_TRUE(eventually([&] { return opens() == 0; }));
    tool.send(SIGCONT);
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.count_with(" audited "), 1u) << tool.out();
}

TEST_F(Openguard, RefusesLockout)
{
    for (const std::string &path : {std::string{"/"}, tool_path("openguard"), std::string{"/bin/sh"}}) {
        const Outcome outcome = run_tool("openguard", {"--enforce", path});
        EXPECT_EQ(outcome.code, 2) << path;
        ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("openguard: --enforce: '" + path + "' covers /"));
        EXPECT_THAT(outcome.err, HasSubstr("--duration"));
        EXPECT_EQ(by_child([&] { return open_it(path); }).err, 0);
    }
    // Accepted if it stops by itself, or applies to another user.
    for (const Args &args : {Args{"-u", "1000"}, Args{"-n", "nobody"}, Args{"-d", "50"}}) {
        Args all{"--enforce", "/dev"};
        all.insert(all.end(), args.begin(), args.end());
        ToolRun tool{"openguard", all};
        EXPECT_EQ(tool.stop(), 0);
    }
    // Rejected if it applies to root among others.
    EXPECT_EQ(run_tool("openguard", {"--enforce", "-u", "0", "-u", "1000", "/"}).code, 2);
}

// Reading a large directory first can take long.
TEST_F(Openguard, SignalBeforeReady)
{
    ToolRun tool{"openguard",
                 {"--enforce", dir.path()},
                 {.in_child =
                      [] {
                          sigset_t set;
                          sigemptyset(&set);
                          sigaddset(&set, SIGTERM);
                          sigprocmask(SIG_BLOCK, &set, nullptr);
                          raise(SIGTERM);
                      },
                  .wait = false}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(tool.err(), "openguard: ended by SIGTERM\n");
}

// openguard opens this file itself, to look up the user.
TEST_F(Openguard, IgnoresOwnOpens)
{
    const std::string users = "/etc/passwd";
    const User user = ordinary_user();
    ToolRun tool{"openguard", {"--enforce", "-d", "100", "-o", "json", users}};

    const Result result = by_child([&] {
        become(user.uid, user.gid);
        return open_it(users);
    });
    EXPECT_EQ(result.err, EPERM);
    EXPECT_EQ(tool.row_with("\"opener\"")["user"], user.name);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.rows().size(), 1u) << tool.out();
}

} // namespace
} // namespace snoop::test
