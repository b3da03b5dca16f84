// SPDX-License-Identifier: BSD-2-Clause
// openguard on this kernel: the contract of every event tool, whole rows, accounting, usage errors.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "maps.hpp"
#include "openguard/openguard.hpp"

#include <snoop/openguard.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const EventTool openguard{
    .name = "openguard",
    .event = "guard",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        return [path = dir.folder(marker), comm] {
            prctl(PR_SET_NAME, comm.c_str());
            _exit(open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0 ? 0 : errno);
        };
    },
    .args = [](const TempDir &dir) { return std::vector{dir.path()}; },
    .power = "see who opens any file, and deny files to everybody, root included",
    .keeps_threads = true,
    .needs = Hook::lsm,
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(openguard)));

// With two CPUs and a tiny ring, each open is denied, whether its row is printed or lost.
TEST_F(Openguard, DeniesEachUnderOverload)
{
    constexpr int opens = 5'000, processes = 2;
    ToolRun tool{"openguard", {"--enforce", "-n", "flooder", "--ring-size", ring_size(4096), dir.path()}};

    {
        std::vector<Process> load;
        for (int i = 0; i < processes; i++)
            load.emplace_back([&] {
                prctl(PR_SET_NAME, "flooder");
                for (int n = 0; n < opens; n++)
                    if (open_it(one) != -EPERM)
                        _exit(1);
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], tool.count_with(one));
    EXPECT_EQ(accounting["printed"] + accounting["lost"], static_cast<std::uint64_t>(opens * processes)) << tool.err();
}

// Not only in the summary at the end. The tool is suspended until the ring is full.
TEST_F(Openguard, FirstLossIsReportedAtOnce)
{
    ToolRun tool{"openguard", {"-n", "flooder", "--ring-size", ring_size(4096), one}};

    tool.send(SIGSTOP);
    const Ended flood = in_child([&] {
        prctl(PR_SET_NAME, "flooder");
        for (int i = 0; i < 500; i++)
            close(open_it(one));
    });
    EXPECT_EQ(flood.status, 0);
    tool.send(SIGCONT);
    tool.wait_err("rows are being lost: give --ring-size a larger size");
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_GT(expect_balance(tool.err())["lost"], 0u);
}

// Deeper than the programs walk: on a file system with a guarded directory, any file may be below that one.
TEST_F(Openguard, TooDeep)
{
    const std::string top = dir.folder("top");
    std::string path = top, beside = dir.at("beside");
    for (int i = 0; i <= GUARD_DEPTH; i++) {
        path += "/d";
        beside += "/d";
    }
    std::filesystem::create_directories(path);
    std::filesystem::create_directories(beside);

    for (const bool enforce : {false, true}) {
        Args args{"--strict", "-o", "json", top};
        if (enforce)
            args.insert(args.begin(), "--enforce");
        ToolRun tool{"openguard", args};
        for (const std::string &deep : {path, beside}) {
            const Result result = by_child([&, &deep = deep] { return open_it(deep); });
            EXPECT_EQ(result.err, enforce ? EPERM : 0);
            const auto row = tool.row_where([&](const auto &r) { return r["pid"] == result.pid; });
            EXPECT_EQ(row["action"], enforce ? "denied" : "audited");
            EXPECT_EQ(row["doubt"], "too_deep");
            EXPECT_EQ(row["guard"], nullptr);
        }
        EXPECT_EQ(by_child([&] { return open_it(path.substr(0, path.size() - 2)); }).err, enforce ? EPERM : 0);
        EXPECT_EQ(by_child([&] { return open_it(beside.substr(0, beside.size() - 60)); }).err, 0);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(expect_balance(tool.err())["printed"], 3u);
    }
}

TEST_F(Openguard, Text)
{
    ToolRun tool{"openguard", {one}}, more{"openguard", {"-e", one}};
    const std::string link = dir.at("li nk");
    ASSERT_EQ(::link(one.c_str(), link.c_str()), 0);

    const Result result = by_child([&] { return open_it(link, O_WRONLY | O_APPEND); });
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(more.stop(), 0);
    EXPECT_THAT(tool.lines(),
                ElementsAre("PID     COMM             ACTION  GUARD                PATH",
                            fmt::format("{:<7} {:<16} {:<7} {:<20} {}", result.pid, "opener", "audited", one, link)));
    EXPECT_THAT(
        more.lines(),
        ElementsAre(
            "PID     COMM             ACTION  VIA      FLAGS                             GUARD                PATH",
            fmt::format("{:<7} {:<16} {:<7} {:<8} {:<33} {:<20} {}", result.pid, "opener", "audited", "openat",
                        "O_WRONLY|O_APPEND", one, link)));
}

TEST_F(Openguard, Json)
{
    struct stat about {};
    ASSERT_EQ(stat(one.c_str(), &about), 0);
    ToolRun tool{"openguard", {"--enforce", "-o", "json", dir.path()}};
    char own_comm[16]{};
    prctl(PR_GET_NAME, own_comm);

    const Result result = by_child([&] { return open_it(one, O_RDWR | O_CREAT | O_CLOEXEC); });
    snoop::test::Json row = tool.row_with(one);
    for (const char *key : {"time", "ts_ns", "process", "cgroup_id", "cgroup", "runtime", "container_id",
                            "container_name", "image", "pod_uid", "pod_name", "pod_namespace", "unit", "slice", "auid",
                            "auid_user", "session", "exec_id", "parent_exec_id"}) // the contract has them
        row.erase(key);
    const std::string dev = fmt::format("{}:{}", major(about.st_dev), minor(about.st_dev));
    EXPECT_EQ(row, (snoop::test::Json{{"event", "guard"},
                                      {"comm", "opener"},
                                      {"pid", result.pid},
                                      {"tid", result.pid},
                                      {"ns_pid", result.pid},
                                      {"ppid", getpid()},
                                      {"pcomm", own_comm},
                                      {"uid", 0},
                                      {"gid", 0},
                                      {"user", "root"},
                                      {"action", "denied"},
                                      {"op", "open"},
                                      {"doubt", nullptr},
                                      {"guard", dir.path()},
                                      {"path", one},
                                      {"dev", dev},
                                      {"ino", about.st_ino},
                                      {"flags", {"O_RDWR", "O_CREAT"}},
                                      {"via", "openat"},
                                      {"abi", 64},
                                      {"truncated", false}}));
}

// bpftool adds to the map while the tool runs: an inode and a device, little-endian.
TEST_F(Openguard, GuardAddedWhileRunning)
{
    const std::string other = dir.file("other", "");
    struct stat about {};
    ASSERT_EQ(stat(other.c_str(), &about), 0);
    Args args;
    const auto add = [&](std::uint64_t number, int bytes) { // little-endian
        for (int i = 0; i < bytes; i++)
            args.push_back(std::to_string(number >> 8 * i & 0xff));
    };
    ToolRun tool{"openguard", {"--enforce", "-o", "json", one}};

    EXPECT_EQ(by_child([&] { return open_it(other); }).err, 0);
    args.emplace_back("key");
    add(about.st_ino, 8);
    add(major(about.st_dev) << 20 | minor(about.st_dev), 8);
    args.emplace_back("value");
    add(GUARD_FILE, 4);
    add(0xffff, 4);
    add(0, 8);
    bpftool_map(tool.pid(), "guards", "update", args);
    EXPECT_EQ(by_child([&] { return open_it(other); }).err, EPERM);
    EXPECT_EQ(tool.row_with(other)["guard"], nullptr);
    EXPECT_EQ(tool.stop(), 0);
}

TEST(OpenguardUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("openguard", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({}, "openguard: nothing to guard: give a PATH or --inode");
    refused({"--enforce"}, "nothing to guard");
    refused({"/no/such/file"}, "cannot guard '/no/such/file': No such file or directory (ENOENT)");
    refused({"/etc/passwd/below"}, "Not a directory (ENOTDIR)");
    for (const char *bad : {"1", "8:1", "8:1:", "8:1:x", "8:1:0", "-8:1:2", "8:1:2:3", "5000:1:2", "8:1048576:2"})
        refused({"--inode", bad}, fmt::format("--inode: invalid inode '{}': give MAJOR:MINOR:INODE", bad));
    refused({"--inode", "4095:1048575:2"}, "no mounted file system has device number 4095:1048575");
    refused({"--also", "chmod", "/etc"},
            "--also: invalid value 'chmod': give one of write, unlink, rename, link, exec, mmap");
    refused({"--also", "link,", "/etc"}, "--also: invalid value ''");
    refused({"--except-exe", "/no/such/program", "/etc"}, "--except-exe: cannot find '/no/such/program'");
    refused({"--except-exe", "/etc", "/etc"}, "'/etc' is not a program: give the path of an executable file");
    refused({"--except-comm", "a-name-of-16-bytes", "/etc"}, "--except-comm: invalid name");
    refused({"--replay", "/dev/null", "/etc"}, "--replay cannot guard files");
    refused({"--enforce", "--unit", "cron", "/etc/shadow"}, "--enforce cannot be combined with --container or --unit");
    refused({"--replay", "/dev/null", "--enforce"}, "--replay cannot guard files");
    refused({"--replay", "/dev/null", "--also", "write"}, "--replay cannot guard files");
}

// The kernel would load the programs but never call them.
TEST(OpenguardUsage, NamesParameterWithoutBpfLsm)
{
    const Outcome outcome = run_tool("openguard", {"/etc/passwd"}, {.in_child = [] {
                                         private_mounts();
                                         cover("/sys/kernel/security");
                                         write_file("/sys/kernel/security/lsm", "lockdown,capability,yama,apparmor");
                                     }});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_EQ(outcome.err, "openguard: this kernel does not call LSM programs: add bpf to the kernel's command line: "
                           "lsm=lockdown,yama,apparmor,bpf (the active list from /sys/kernel/security/lsm plus bpf)\n");
}

TEST(OpenguardUsage, WithoutHook)
{
    const auto lack = lacks(Hook::lsm);
    const Outcome outcome = run_tool("openguard", {"-d", "0.01", "/etc/passwd"});

    EXPECT_EQ(outcome.code, lack ? 3 : 0) << outcome.err;
    if (lack) {
        ASSERT_THAT(outcome.err_lines(), SizeIs(1)) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("LSM programs"));
    }
}

TEST(OpenguardUsage, VerboseNamesHooksAndGuards)
{
    SNOOP_NEEDS(lsm);
    struct stat about {};
    ASSERT_EQ(stat("/etc/passwd", &about), 0);
    const Outcome outcome = run_tool("openguard", {"-v", "-d", "0.01", "/etc/passwd"});

    EXPECT_THAT(outcome.err,
                HasSubstr("openguard: probe: lsm/file_open, inode_link, inode_rename, inode_free_security\n"));
    EXPECT_THAT(outcome.err, HasSubstr(fmt::format("openguard: '/etc/passwd' is {}:{}:{}\n", major(about.st_dev),
                                                   minor(about.st_dev), about.st_ino)));
    EXPECT_THAT(outcome.err, HasSubstr("openguard: guards: room for 262144 inodes\n"));
    EXPECT_THAT(run_tool("openguard", {"-v", "-d", "0.01", "/etc/passwd", "/etc/group"}).err,
                HasSubstr("openguard: guards: room for 524288 inodes\n"));
}

// With a command other programs are loaded as well, for which kernels before 6.1 have hashes allocated at the start.
TEST(OpenguardUsage, HasRoomWithCommand)
{
    SNOOP_NEEDS(lsm);
    const TempDir dir;

    for (const Args &command : {Args{}, Args{"--", "/bin/true"}}) {
        Args args{"-v", "-d", "0.01", dir.path()};
        args.insert(args.end(), command.begin(), command.end());
        EXPECT_THAT(run_tool("openguard", args).err, HasSubstr("openguard: guards: room for 262144 inodes\n"));
    }
}

} // namespace
} // namespace snoop::test
