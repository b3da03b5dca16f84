// SPDX-License-Identifier: BSD-2-Clause
// Each filter, with an event that must show and one that must not.
#include "contract/contract.hpp"
#include "hooks.hpp"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {

namespace {

constexpr uid_t one_uid = 1000, other_uid = 1001, third_uid = 1002;

Step as(uid_t uid)
{
    return [uid] { become(uid, uid); };
}

// Forks; the child goes on, and the parent ends as the child does.
void step_down()
{
    int status = 0;

    if (const pid_t child = fork(); child != 0)
        _exit(waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1);
}

std::string text(pid_t pid) { return std::to_string(pid); }

} // namespace

TEST_P(Contract, UidByNumber) { expect_filter({"-u", "1000"}, as(one_uid), as(other_uid)); }

TEST_P(Contract, UidZeroIsAUser) { expect_filter({"--uid", "0"}, {}, as(one_uid)); }

TEST_P(Contract, UidByName)
{
    const User user = ordinary_user();

    expect_filter({"-u", user.name}, as(user.uid), as(user.uid + 1));
    expect_filter({"-u", "root"}, {}, as(user.uid));
}

TEST_P(Contract, UidTwice)
{
    expect_filter({"-u", "1000", "-u", "1001"}, as(one_uid), as(third_uid));
    expect_filter({"-u", "1000", "-u", "1001"}, as(other_uid), {});
}

TEST_P(Contract, Pid)
{
    const std::string no = marker(), first = marker(), second = marker();
    Gate gate;
    const auto held = [&](const std::string &mark) { return Process{event(mark, [&] { gate.wait(); })}; };
    Process hidden = held(no), one = held(first), two = held(second);
    ToolRun tool{name(), {"-p", text(one.pid()), "--pid", text(two.pid())}};

    gate.open();
    EXPECT_EQ(hidden.wait().status, 0);
    EXPECT_EQ(one.wait().status, 0);
    EXPECT_EQ(two.wait().status, 0);
    tool.line_with(first);
    tool.line_with(second);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

TEST_P(Contract, OnePid)
{
    const std::string no = marker(), yes = marker();
    Gate gate;
    Process hidden{event(no, [&] { gate.wait(); })}, shown{event(yes, [&] { gate.wait(); })};
    ToolRun tool{name(), {"-p", text(shown.pid())}};

    gate.open();
    EXPECT_EQ(hidden.wait().status, 0);
    EXPECT_EQ(shown.wait().status, 0);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

TEST_P(Contract, Ppid) { expect_filter({"-P", text(getpid())}, {}, step_down); }

TEST_P(Contract, PpidTwice)
{
    const std::string yes = marker();
    Gate gate;
    Process parent{event(yes, [&] {
        gate.wait();
        step_down();
    })};

    expect_filter_by(
        {"-P", text(getpid()), "--ppid", text(parent.pid())},
        [&](const std::string &mark) {
            happen(mark);
            gate.open();
            EXPECT_EQ(parent.wait().status, 0);
        },
        [&](const std::string &mark) { happen(mark, step_down); });
}

TEST_P(Contract, MatchesSecondPpid)
{
    const std::string yes = marker();
    Gate gate;
    Process parent{event(yes, [&] {
        gate.wait();
        step_down();
    })};
    ToolRun tool{name(), {"-P", text(getpid()), "-P", text(parent.pid())}};

    gate.open();
    EXPECT_EQ(parent.wait().status, 0);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
}

TEST_P(Contract, Comm)
{
    const auto named = [&](const std::string &comm) {
        return [this, comm](const std::string &mark) { happen(mark, {}, comm); };
    };
    const std::string longest = "fifteen-letters";

    expect_filter_by({"-n", "hammer"}, named("hammer"), named("hammers"));
    expect_filter_by({"-n", "hammer"}, named("hammer"), named("hamme"));
    expect_filter_by({"--comm", "hammer", "-n", longest}, named(longest), named("anvil"));
    expect_filter_by({"-n", "hammer", "-n", longest}, named("hammer"), named("fifteen-letter"));
}

// A thread is found by its own name and by that of its process.
TEST_P(Contract, CommOfThreadOrProcess)
{
    const auto by_thread = [&](const std::string &process, const std::string &thread) {
        return [this, process, thread](const std::string &mark) { happen_in_thread(mark, process, thread); };
    };

    expect_filter_by({"-n", "pool-7"}, by_thread("server", "pool-7"), by_thread("server", "pool-8"));
    if (GetParam().keeps_threads)
        expect_filter_by({"-n", "server"}, by_thread("server", "pool-7"), by_thread("other", "pool-7"));
    else
        expect_filter_by({"-n", "server"}, by_thread("other", "server"), by_thread("server", "pool-7"));
}

TEST_P(Contract, Cgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup one, below{&one}, other, beside;
    const auto in = [](const Cgroup &cgroup) { return [&cgroup] { cgroup.enter(); }; };
    const std::string relative = one.path().substr(one.path().rfind('/') + 1);

    expect_filter({"--cgroup", one.path()}, in(one), {});
    expect_filter({"--cgroup", one.path()}, in(below), in(other));
    expect_filter({"--cgroup", relative}, in(one), in(other));
    expect_filter({"--cgroup", one.path(), "--cgroup", other.path()}, in(other), in(beside));
}

TEST_P(Contract, CombinesFilters)
{
    const std::vector<std::string> args{"-u", "1000", "-n", "hammer"};
    const auto by = [this](uid_t uid, const std::string &comm) {
        return [this, uid, comm](const std::string &mark) { happen(mark, as(uid), comm); };
    };

    expect_filter_by(args, by(one_uid, "hammer"), by(one_uid, "anvil"));
    expect_filter_by(args, by(one_uid, "hammer"), by(other_uid, "hammer"));
}

} // namespace snoop::test
