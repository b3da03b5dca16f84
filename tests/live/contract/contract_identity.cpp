// SPDX-License-Identifier: BSD-2-Clause
// The keys that say which task caused the event, and when.
#include "contract/contract.hpp"
#include "hooks.hpp"

#include "kernel/cgroup_mounts.hpp"

#include <fmt/format.h>

#include <csignal>
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

TEST_P(Contract, LoginUser)
{
    SNOOP_NEEDS(loginuid);
    const User user = ordinary_user();
    const std::string mark = marker(), outside = marker();
    ToolRun tool{name(), {"-o", "json"}};
    const auto log_in_as = [](std::uint32_t uid) { tell_kernel("/proc/self/loginuid", std::to_string(uid)); };

    happen(mark, [&] { log_in_as(user.uid); });
    happen(outside, [&] { log_in_as(UINT32_MAX); });
    Json row = tool.row_with(mark);
    EXPECT_EQ(row["uid"], getuid());
    EXPECT_EQ(row["auid"], user.uid);
    EXPECT_EQ(row["auid_user"], user.name);
    EXPECT_TRUE(row["session"].is_number_unsigned()) << row["session"];
    row = tool.row_with(outside);
    EXPECT_EQ(row["auid"], nullptr);
    EXPECT_EQ(row["auid_user"], nullptr);
    EXPECT_EQ(row["session"], nullptr);
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

TEST_P(Contract, CgroupIdAndPath)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above, one{&above};
    const std::string mark = marker(), in_root = marker();
    ToolRun tool{name(), {"-o", "json"}};

    happen(mark, [&] { one.enter(); });
    Json row = tool.row_with(mark);
    EXPECT_EQ(row["cgroup_id"], one.id());
    EXPECT_EQ(row["cgroup"], one.path().substr(cgroup2_mount()->size()));

    happen(in_root, [] { tell_kernel(*cgroup2_mount() + "/cgroup.procs", "0"); });
    row = tool.row_with(in_root);
    EXPECT_EQ(row["cgroup"], "/");
}

// The names are those that Docker and Kubernetes give to cgroups with systemd.
TEST_P(Contract, PlaceInAContainer)
{
    SNOOP_NEEDS(cgroup2);
    const std::string id(64, 'c'), scope = "docker-" + id + ".scope";
    const std::string slice = "kubepods-besteffort-pod6e3a7d52_0c1b_4f7e_9a55_2b8f0d3c9e11.slice";
    const Cgroup above, in_slice{&above, slice}, container{&in_slice, scope}, deeper{&container};
    const std::string in_container = marker(), outside = marker();
    ToolRun fields{name(), {"-o", "json", "--fields", "runtime,slice"}}, tool{name(), {"-o", "json"}};

    happen(in_container, [&] { deeper.enter(); });
    const Json row = tool.row_with(in_container);
    EXPECT_EQ(fields.stop(), 0);
    EXPECT_THAT(fields.rows(), testing::Contains(Json{{"runtime", "docker"}, {"slice", slice}}));
    EXPECT_EQ(row["runtime"], "docker");
    EXPECT_EQ(row["container_id"], id);
    EXPECT_EQ(row["pod_uid"], "6e3a7d52-0c1b-4f7e-9a55-2b8f0d3c9e11");
    EXPECT_EQ(row["unit"], scope);
    EXPECT_EQ(row["slice"], slice);

    happen(outside, [&] { above.enter(); });
    const Json other = tool.row_with(outside);
    for (const char *key : {"runtime", "container_id", "pod_uid", "unit", "slice"})
        EXPECT_EQ(other[key], nullptr) << key;
}

// Each name was read while the cgroup was there, in the programs; a recording keeps them.
TEST_P(Contract, CgroupsThatAreGone)
{
    SNOOP_NEEDS(cgroup2);
    const std::vector<std::string> marks{marker(), marker(), marker()};
    const std::string file = dir.at("gone");
    std::vector<std::string> paths;
    ToolRun tool{name(), {"-o", "json", "--record", file}};

    ASSERT_EQ(kill(tool.pid(), SIGSTOP), 0);
    for (const std::string &mark : marks) {
        const Cgroup above, one{&above};
        paths.push_back(one.path());
        happen(mark, [&] { one.enter(); });
    }
    for (const std::string &path : paths)
        ASSERT_NE(access(path.c_str(), F_OK), 0) << path;
    ASSERT_EQ(kill(tool.pid(), SIGCONT), 0);
    for (std::size_t i = 0; i < marks.size(); i++)
        EXPECT_EQ(tool.row_with(marks[i])["cgroup"], paths[i].substr(cgroup2_mount()->size()));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(run_tool(name(), {"-o", "json", "--replay", file}).out, tool.out());
}

// With JSON only if details are asked for.
TEST_P(Contract, SaysWhichCgroupsAreNotKnown)
{
    const auto limits = kernel::describe_cgroup_limits(kernel::cgroup_mounts());
    const auto says = [&](const std::vector<std::string> &args) {
        const Outcome outcome = run_tool(name(), args);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return outcome.err.find(": cgroups are those of version 2") != std::string::npos;
    };

    EXPECT_EQ(says({"-o", "json", "-v", "-d", "0.01"}), limits.has_value());
    EXPECT_FALSE(says({"-o", "json", "-d", "0.01"}));
    EXPECT_FALSE(says({"-v", "-d", "0.01"}));
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
