// SPDX-License-Identifier: BSD-2-Clause
// Filters that say not, and those by thread, with an event that must show and one that must not.
#include "contract/contract.hpp"
#include "hooks.hpp"

#include <array>
#include <sys/wait.h>
#include <thread>
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
std::string negated(pid_t pid) { return "!" + text(pid); }

} // namespace

TEST_P(Contract, NotUid)
{
    expect_filter({"-u", "!root"}, as(one_uid), {});
    expect_filter({"--uid", "!1000", "--uid", "!1001"}, as(third_uid), as(other_uid));
    expect_filter({"-u", "1000", "-u", "1001", "-u", "!1001"}, as(one_uid), as(other_uid));
    expect_filter({"-u", "!1000", "-u", "1001"}, as(other_uid), as(third_uid));
}

TEST_P(Contract, NotPid)
{
    const std::string no = marker(), yes = marker();
    Gate gate;
    const auto held = [&](const std::string &mark) { return Process{event(mark, [&] { gate.wait(); })}; };
    Process hidden = held(no), shown = held(yes);
    ToolRun tool{name(), {"-p", negated(hidden.pid())}};

    gate.open();
    EXPECT_EQ(hidden.wait().status, 0);
    EXPECT_EQ(shown.wait().status, 0);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

TEST_P(Contract, NotPpid) { expect_filter({"-P", negated(getpid())}, step_down, {}); }

TEST_P(Contract, NotComm)
{
    const auto named = [&](const std::string &comm) {
        return [this, comm](const std::string &mark) { happen(mark, {}, comm); };
    };
    const auto by_thread = [&](const std::string &process, const std::string &thread) {
        return [this, process, thread](const std::string &mark) { happen_in_thread(mark, process, thread); };
    };

    expect_filter_by({"-n", "!hammer"}, named("hammers"), named("hammer"));
    expect_filter_by({"-n", "!hammer", "-n", "!anvil"}, named("tongs"), named("anvil"));
    expect_filter_by({"-n", "hammer", "-n", "!anvil"}, named("hammer"), named("tongs"));
    expect_filter_by({"-n", "\\!x"}, named("!x"), named("x"));
    expect_filter_by({"-n", "!pool-7"}, by_thread("server", "pool-8"), by_thread("server", "pool-7"));
    if (!GetParam().keeps_threads)
        return;
    // Neither name may be left out, whichever of them is wanted.
    expect_filter_by({"-n", "!server"}, by_thread("other", "pool-7"), by_thread("server", "pool-7"));
    expect_filter_by({"-n", "pool-7", "-n", "!server"}, by_thread("other", "pool-7"), by_thread("server", "pool-7"));
    expect_filter_by({"-n", "server", "-n", "!pool-7"}, by_thread("server", "pool-8"), by_thread("server", "pool-7"));
}

TEST_P(Contract, NotCgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup one, below{&one}, other;
    const auto in = [](const Cgroup &cgroup) { return [&cgroup] { cgroup.enter(); }; };

    expect_filter({"--cgroup", "!" + one.path()}, in(other), in(below));
    expect_filter({"--cgroup", one.path(), "--cgroup", "!" + below.path()}, in(one), in(below));
    expect_filter({"--cgroup", "!" + below.path(), "--cgroup", one.path()}, in(one), in(other));
}

// A process's first thread has the process's id.
TEST_P(Contract, Tid)
{
    const std::string one = marker(), other = marker();
    Gate gate;
    const auto held = [&](const std::string &mark) { return Process{event(mark, [&] { gate.wait(); })}; };
    Process first = held(one), second = held(other);
    ToolRun only{name(), {"--tid", text(first.pid())}}, rest{name(), {"--tid", negated(first.pid())}};

    gate.open();
    EXPECT_EQ(first.wait().status, 0);
    EXPECT_EQ(second.wait().status, 0);
    only.line_with(one);
    rest.line_with(other);
    EXPECT_EQ(only.stop(), 0);
    EXPECT_EQ(rest.stop(), 0);
    EXPECT_EQ(only.count_with(other), 0u);
    EXPECT_EQ(rest.count_with(one), 0u);
}

TEST_P(Contract, TidOfAFurtherThread)
{
    if (!GetParam().keeps_threads)
        return; // an exec leaves one thread, which has the process's id
    const std::string mark = marker();
    const Step step = event(mark);
    Gate gate;
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    Process process{[&] {
        std::thread{[&] {
            const pid_t tid = gettid();
            if (write(ends[1], &tid, sizeof(tid)) != sizeof(tid))
                _exit(1);
            gate.wait();
            step();
        }}.join();
    }};
    pid_t tid = 0;
    ASSERT_EQ(read(ends[0], &tid, sizeof(tid)), static_cast<ssize_t>(sizeof(tid)));
    close(ends[0]);
    close(ends[1]);
    ASSERT_NE(tid, process.pid());
    // The last one starts last: it would show that another openguard opens what it guards.
    ToolRun only{name(), {"--tid", text(tid)}}, leader{name(), {"--tid", text(process.pid())}},
        rest{name(), {"--tid", negated(tid)}};

    gate.open();
    EXPECT_EQ(process.wait().status, 0);
    only.line_with(mark);
    EXPECT_EQ(only.stop(), 0);
    EXPECT_EQ(rest.stop(), 0);
    EXPECT_EQ(leader.stop(), 0);
    EXPECT_EQ(rest.count_with(mark), 0u);
    EXPECT_EQ(leader.count_with(mark), 0u);
}

} // namespace snoop::test
