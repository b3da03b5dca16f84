// SPDX-License-Identifier: BSD-2-Clause
// The keys that say which task caused the event, and when.
#include "contract/contract.hpp"
#include "hooks.hpp"

#include <fmt/format.h>

#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {

namespace {

std::int64_t now_ns(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// "2026-11-22T10:04:10.123456789Z" in nanoseconds since 1970; -1 if it is malformed.
std::int64_t parse_time(const std::string &text)
{
    tm parts{};
    const char *rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S.", &parts);
    if (!rest || text.size() != 30 || text.back() != 'Z')
        return -1;
    return std::int64_t{timegm(&parts)} * 1'000'000'000 + std::stoll(std::string{rest, 9});
}

// A grandchild, for a parent of a known name. Its pid goes to `pid_to`.
void step_down_from(const char *parent_name, int pid_to)
{
    int status = 0;

    prctl(PR_SET_NAME, parent_name);
    const pid_t child = fork();
    if (child == 0)
        return;
    if (write(pid_to, &child, sizeof(child)) != sizeof(child) || waitpid(child, &status, 0) != child)
        _exit(1);
    _exit(WEXITSTATUS(status));
}

pid_t read_pid(int fd)
{
    pid_t pid = -1;
    return read(fd, &pid, sizeof(pid)) == sizeof(pid) ? pid : -1;
}

} // namespace

TEST_P(Contract, TaskIdentity)
{
    const User user = ordinary_user();
    const gid_t gid = 12345;
    const std::string mark = marker();
    const auto [pid_out, pid_in] = make_pipe();
    ToolRun tool{name(), {"-o", "json"}};

    const Ended parent = happen(mark, [&, &pid_in = pid_in] {
        step_down_from("the parent", pid_in.get());
        become(user.uid, gid);
    });
    const pid_t pid = read_pid(pid_out.get());
    const Json row = tool.row_with(mark);

    EXPECT_EQ(row["event"], GetParam().event);
    EXPECT_EQ(row["comm"], some_comm);
    EXPECT_EQ(row["pid"], pid);
    EXPECT_EQ(row["tid"], pid);
    EXPECT_EQ(row["ns_pid"], pid);
    EXPECT_EQ(row["ppid"], parent.pid);
    EXPECT_EQ(row["pcomm"], "the parent");
    EXPECT_EQ(row["uid"], user.uid);
    EXPECT_EQ(row["gid"], gid);
    EXPECT_EQ(row["user"], user.name);
}

TEST_P(Contract, ProcessOfAThread)
{
    const std::string of_leader = marker(), of_thread = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(of_leader);
    happen_in_thread(of_thread, "server", "pool-7");
    Json row = tool.row_with(of_leader);
    EXPECT_EQ(row["comm"], some_comm);
    EXPECT_EQ(row["process"], some_comm);
    row = tool.row_with(of_thread);
    EXPECT_EQ(row["comm"], "pool-7");
    EXPECT_EQ(row["process"], GetParam().keeps_threads ? "server" : "pool-7");
}

TEST_P(Contract, UserWithoutNameIsNull)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(mark, [] { become(4'000'000'001, 4'000'000'002); });
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["uid"], 4'000'000'001);
    EXPECT_EQ(row["gid"], 4'000'000'002);
    EXPECT_EQ(row["user"], nullptr);
}

TEST_P(Contract, Timestamps)
{
    constexpr std::int64_t slack = 5'000'000; // two clocks, read one after the other
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}};

    const std::int64_t wall_before = now_ns(CLOCK_REALTIME), boot_before = now_ns(CLOCK_BOOTTIME);
    happen(mark);
    const std::int64_t boot_after = now_ns(CLOCK_BOOTTIME), wall_after = now_ns(CLOCK_REALTIME);

    const Json row = tool.row_with(mark);
    EXPECT_GT(row["ts_ns"], boot_before);
    EXPECT_LT(row["ts_ns"], boot_after);
    EXPECT_GT(parse_time(row["time"]), wall_before - slack);
    EXPECT_LT(parse_time(row["time"]), wall_after + slack);
}

TEST_P(Contract, CgroupId)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup one;
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(mark, [&] { one.enter(); });
    EXPECT_EQ(tool.row_with(mark)["cgroup_id"], one.id());
}

// IDs in the initial namespaces, and the process ID in its own namespace.
TEST_P(Contract, InAUserAndPidNamespace)
{
    SNOOP_NEEDS(userns);
    const std::string mark = marker();
    const auto [pid_out, pid_in] = make_pipe();
    ToolRun tool{name(), {"-o", "json"}};

    // The id maps are written from outside, which root may do.
    Gate mapped;
    const auto [ready_out, ready_in] = make_pipe();
    Process parent{event(mark, [&, &pid_in = pid_in, &ready_in = ready_in] {
        if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 || write(ready_in.get(), "r", 1) != 1)
            _exit(1);
        mapped.wait();
        step_down_from("outside", pid_in.get());
        if (setgid(0) != 0 || setuid(0) != 0 || getpid() != 1)
            _exit(2);
    })};
    char byte = 0;
    ASSERT_EQ(read(ready_out.get(), &byte, 1), 1);
    const std::string proc = fmt::format("/proc/{}/", parent.pid());
    for (const char *map : {"uid_map", "gid_map"}) {
        const Fd file{open((proc + map).c_str(), O_WRONLY | O_CLOEXEC)};
        ASSERT_EQ(write(file.get(), "0 1000 1", 8), 8) << map;
    }
    mapped.open();
    ASSERT_EQ(parent.wait().status, 0);

    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["pid"], read_pid(pid_out.get()));
    EXPECT_EQ(row["ns_pid"], 1);
    EXPECT_EQ(row["ppid"], parent.pid());
    EXPECT_EQ(row["uid"], 1000);
    EXPECT_EQ(row["gid"], 1000);
}

} // namespace snoop::test
