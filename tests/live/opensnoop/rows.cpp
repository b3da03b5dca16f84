// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: whole rows, in text and JSON, and where a path leads.
#include "accounting.hpp"
#include "open_ways.hpp"
#include "opensnoop/opensnoop.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;

constexpr const char *header = "PID     COMM             FD   ERR  PATH";

TEST_F(OpensnoopRows, Text)
{
    ToolRun tool{"opensnoop", {"-n", "opener"}};
    std::vector<int> fds;

    const pid_t pid = open_all({one, dir.at("no\n thing")}, &fds);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(),
                ElementsAre(header, text_row(pid, fds[0], 0, one), text_row(pid, -1, ENOENT, dir.at("no\\n thing"))));
}

TEST_F(OpensnoopRows, FlagsAndMode)
{
    ToolRun tool{"opensnoop", {"-e", "-n", "opener"}};
    const std::string made = dir.at("made");

    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, "opener");
        close_range(3, ~0u, 0); // the two that come are neighbours
        const int fd = open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640);
        const int two = open(made.c_str(), O_RDONLY | O_CLOEXEC);
        _exit(fd >= 0 && two == fd + 1 ? fd : 0);
    });
    const int fd = done.status >> 8;
    EXPECT_EQ(tool.stop(), 0);
    const auto row = [&](int number, const char *flags, const char *mode) {
        return fmt::format("{:<7} {:<16} {:<4} {:<4} {:<27} {:<4} {}", done.pid, "opener", number, 0, flags, mode,
                           made);
    };
    EXPECT_THAT(tool.lines(),
                ElementsAre("PID     COMM             FD   ERR  FLAGS                       MODE PATH",
                            row(fd, "O_WRONLY|O_CREAT|O_TRUNC", "0640"), row(fd + 1, "O_RDONLY|O_CLOEXEC", "-")));
}

TEST_F(OpensnoopRows, Json)
{
    ToolRun tool{"opensnoop", {"-o", "json", "-n", "opener"}};
    std::vector<int> fds;
    char own_comm[16]{};
    prctl(PR_GET_NAME, own_comm);

    const pid_t pid = open_all({one}, &fds);
    snoop::test::Json row = tool.row_with(one);
    struct stat file {};
    struct stat mounts {};
    EXPECT_EQ(stat(one.c_str(), &file), 0);
    EXPECT_EQ(stat("/proc/self/ns/mnt", &mounts), 0);
    const std::string dev = fmt::format("{}:{}", major(file.st_dev), minor(file.st_dev));
    // path_source.cpp has the last one, the contract the others.
    for (const char *key :
         {"time",           "ts_ns",     "process", "cgroup_id", "cgroup",         "runtime",    "container_id",
          "container_name", "image",     "pod_uid", "pod_name",  "pod_namespace",  "unit",       "slice",
          "auid",           "auid_user", "session", "exec_id",   "parent_exec_id", "path_source"})
        row.erase(key);
    EXPECT_EQ(row, (snoop::test::Json{
                       {"event", "open"},    {"comm", "opener"},      {"pid", pid},        {"tid", pid},
                       {"ns_pid", pid},      {"ppid", getpid()},      {"pcomm", own_comm}, {"uid", 0},
                       {"gid", 0},           {"user", "root"},        {"fd", fds[0]},      {"ret", fds[0]},
                       {"errno", nullptr},   {"flags", {"O_RDONLY"}}, {"mode", nullptr},   {"dirfd", AT_FDCWD},
                       {"path", one},        {"resolved", one},       {"via", "openat"},   {"abi", 64},
                       {"dev", dev},         {"ino", file.st_ino},    {"deleted", false},  {"mnt_ns", mounts.st_ino},
                       {"truncated", false}, {"faulted", false}}));
}

// The programs read what is about the file itself for any of these keys alone.
TEST_F(OpensnoopRows, FieldsOfTheFile)
{
    struct stat file {};
    EXPECT_EQ(stat(one.c_str(), &file), 0);
    const std::string dev = fmt::format("{}:{}", major(file.st_dev), minor(file.st_dev));

    for (const auto &[field, value] :
         {std::pair{"ino", std::to_string(file.st_ino)}, {"dev", dev}, {"deleted", "false"}, {"resolved", one}}) {
        ToolRun tool{"opensnoop", {"-o", "csv", "-n", "opener", "--fields", std::string{field} + ",path"}};
        open_all({one});
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(tool.lines(), ElementsAre(std::string{field} + ",path", value + "," + one));
    }
}

TEST_F(OpensnoopRows, AnUnreadablePathIsNotBlank)
{
    ToolRun tool{"opensnoop", {"-n", "opener", "-x"}};

    const Ended done = in_child([] {
        prctl(PR_SET_NAME, "opener");
        syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY);
    });
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(), ElementsAre(header, text_row(done.pid, -1, EFAULT, "<fault>")));
    EXPECT_EQ(accounting_of(tool.err())["faulted"], 1u);
}

// A handle has no path; where it led is shown instead.
TEST_F(OpensnoopRows, AHandle)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(file, "x");
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    ToolRun tool{"opensnoop", {"-n", "opener"}};

    in_child([&] {
        prctl(PR_SET_NAME, "opener");
        open_call(Opener::handle, {.path = file, .dirfd = on_mount.get()});
    });
    tool.line_with(" " + file);
    EXPECT_EQ(tool.stop(), 0);
}

// ---- where a path leads

class FullPath : public OpensnoopRows {
protected:
    // The PATH that -F shows of the open that `body` makes in a child.
    std::string shown(const std::function<void()> &body) const
    {
        ToolRun tool{"opensnoop", {"-F", "-n", "opener", "--flags", "O_NOCTTY"}};
        const Ended done = in_child([&] {
            body();
            prctl(PR_SET_NAME, "opener");
        });
        EXPECT_EQ(done.status, 0);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.lines().size(), 2u) << tool.out();
        const std::string row = tool.lines().back();
        return row.substr(std::min(row.size(), std::string_view{header}.find("PATH")));
    }
    static void open_it(const std::string &path)
    {
        prctl(PR_SET_NAME, "opener");
        open(path.c_str(), O_RDONLY | O_NOCTTY); // a flag that no other open here uses
    }
};

TEST_F(FullPath, OfARelativePath)
{
    EXPECT_EQ(shown([&] {
                  if (chdir(dir.path().c_str()) == 0)
                      open_it("./one");
              }),
              one);
    EXPECT_EQ(shown([&] {
                  if (chdir(dir.path().c_str()) == 0)
                      open_it("nothing/at all");
              }),
              dir.at("nothing/at all"));
}

} // namespace
} // namespace snoop::test
