// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: who the process is, what the exec gave it, and what kind of file it runs.
#include "contract/contract.hpp"
#include "execsnoop/execsnoop.hpp"
#include "privileges.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <pty.h>
#include <sched.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace snoop::test {
namespace {

void check(bool is_so, const char *what)
{
    if (!is_so)
        throw std::runtime_error(what);
}

class Who : public Execsnoop {
protected:
    // The row of an exec of `path` by a child that has done `before`.
    Json row_after(const Step &before, const std::string &path)
    {
        const std::string mark = marker();
        const Ended done = in_child([&] {
            before();
            exec_now({.path = path, .argv = {"x", mark}});
        });
        EXPECT_EQ(done.status, 0);
        return tool.row_with(mark);
    }
    Json row_as_nobody(const std::string &path)
    {
        return row_after([] { become(nobody, nobody); }, path);
    }
    // Executes a descriptor, which is closed by the exec.
    Json row_of_fd(int fd)
    {
        const std::string mark = marker();
        const Ended done = in_child([&] { _exit(exec_at(fd, "", {"x", mark}, AT_EMPTY_PATH)); });
        EXPECT_EQ(done.status, 0);
        return tool.row_with(mark);
    }

    ToolRun tool{"execsnoop", json()};
};

TEST_F(Who, Terminal)
{
    int terminal = -1, inside = -1;
    char name[64]{};
    ASSERT_EQ(openpty(&terminal, &inside, name, nullptr, nullptr), 0);
    const Fd ends[] = {Fd{terminal}, Fd{inside}};

    const auto row = row_after(
        [&] {
            setsid();
            check(ioctl(inside, TIOCSCTTY, 0) == 0, "TIOCSCTTY");
        },
        program);
    EXPECT_EQ("/dev/" + row["tty"].get<std::string>(), name);
    EXPECT_EQ(row_after([] { setsid(); }, program)["tty"], nullptr);
}

TEST_F(Who, SetuidProgram)
{
    const std::string path = dir.program("setuid");
    ASSERT_EQ(chmod(path.c_str(), 04755), 0);

    const Json row = row_as_nobody(path), plain = row_as_nobody(program);
    EXPECT_EQ(row["uid"], nobody);
    EXPECT_EQ(row["euid"], 0);
    EXPECT_EQ(row["egid"], nobody);
    EXPECT_EQ(row["privileges"][0], "setuid");
    EXPECT_THAT(row["privileges"], testing::Contains("cap_chown"));
    EXPECT_THAT(row["privileges"], testing::Not(testing::Contains("setgid")));
    EXPECT_EQ(plain["euid"], nobody);
    EXPECT_EQ(plain["privileges"], Json::array());
    // Root gains nothing, nor does a process that must not.
    EXPECT_EQ(row_after([] {}, path)["privileges"], Json::array());
    const Json refused = row_after(
        [] {
            become(nobody, nobody);
            check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
        },
        path);
    EXPECT_EQ(refused["euid"], nobody);
    EXPECT_EQ(refused["privileges"], Json::array());
}

TEST_F(Who, SetgidProgram)
{
    const std::string path = dir.program("setgid");
    ASSERT_EQ(chmod(path.c_str(), 02755), 0);

    const Json row = row_as_nobody(path);
    EXPECT_EQ(row["egid"], 0);
    EXPECT_EQ(row["privileges"], Json::array({"setgid"}));
}

TEST_F(Who, OnNosuidMount)
{
    const std::string place = dir.folder("mount");

    const Json row = row_after(
        [&] {
            private_mounts();
            cover(place);
            write_file(place + "/setuid", program_bytes(0), 0755);
            check(chmod((place + "/setuid").c_str(), 04755) == 0, "chmod");
            check(mount("none", place.c_str(), nullptr, MS_REMOUNT | MS_NOSUID, nullptr) == 0, "remount");
            become(nobody, nobody);
        },
        place + "/setuid");
    EXPECT_EQ(row["euid"], nobody);
    EXPECT_EQ(row["privileges"], Json::array());
}

TEST_F(Who, FileCapabilities)
{
    constexpr unsigned net_raw = 13, sys_time = 25;
    const std::string place = dir.folder("mount"), path = place + "/capable";
    vfs_cap_data caps{};
    caps.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
    caps.data[0].permitted = 1u << net_raw | 1u << sys_time;

    const Json row = row_after(
        [&] {
            private_mounts();
            cover(place);
            write_file(path, program_bytes(0), 0755);
            check(setxattr(path.c_str(), "security.capability", &caps, sizeof(caps), 0) == 0, "setxattr");
            become(nobody, nobody);
        },
        path);
    EXPECT_EQ(row["euid"], nobody);
    EXPECT_EQ(row["privileges"], Json::array({"cap_net_raw", "cap_sys_time"}));
}

// A thread other than the first executes the program.
TEST_F(Who, ThreadsExec)
{
    const std::string path = dir.program("setuid"), mark = marker();
    ASSERT_EQ(chmod(path.c_str(), 04755), 0);
    const auto [out, in] = make_pipe();

    const Ended done = in_child([&, &in = in] {
        become(nobody, nobody);
        _exit(exec_in_thread(path, {"x", mark}, in.get()));
    });
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(tool.row_with(mark)["privileges"][0], "setuid");
}

TEST_F(Who, InUserNamespace)
{
    SNOOP_NEEDS(userns);
    const User user = ordinary_user();

    const Json row = row_after(
        [&] {
            become(user.uid, user.gid);
            check(prctl(PR_SET_DUMPABLE, 1) == 0 && unshare(CLONE_NEWUSER) == 0, "unshare");
            tell_kernel("/proc/self/uid_map", fmt::format("7 {} 1", user.uid));
        },
        program);
    EXPECT_EQ(row["uid"], user.uid);
    EXPECT_EQ(row["user"], user.name);
    EXPECT_EQ(row["ns_uid"], 7);
    EXPECT_TRUE(row["user_ns"].is_number_unsigned()) << row["user_ns"];
    const Json own = row_as_nobody(program);
    EXPECT_EQ(own["user_ns"], nullptr);
    EXPECT_EQ(own["ns_uid"], nobody);
    // Without a map, it has no id there.
    EXPECT_EQ(row_after([] { check(unshare(CLONE_NEWUSER) == 0, "unshare"); }, program)["ns_uid"], nullptr);
}

TEST_F(Who, KindOfFile)
{
    const std::string gone = dir.program("gone");
    const Fd file{open(gone.c_str(), O_PATH | O_CLOEXEC)}, memory{memory_file("a memfd", program_bytes(0))};
    ASSERT_EQ(unlink(gone.c_str()), 0);

    Json row = row_after([] {}, program);
    EXPECT_EQ(row["memfd"], false);
    EXPECT_EQ(row["deleted"], false);
    row = row_of_fd(memory.get());
    EXPECT_EQ(row["memfd"], true);
    EXPECT_EQ(row["deleted"], false);
    row = row_of_fd(file.get());
    EXPECT_EQ(row["memfd"], false);
    EXPECT_EQ(row["deleted"], true);
}

TEST_F(Who, OverlayLayers)
{
    SNOOP_NEEDS(overlay);
    const std::string lower = dir.folder("lower"), upper = dir.folder("upper"), merged = dir.folder("merged");
    const std::string place = dir.folder("elsewhere");
    dir.program("lower/old");
    dir.program("lower/changed");
    const auto mounted = [&](const Step &then) {
        return [&, then] {
            private_mounts();
            overlay_mount(lower, upper, merged);
            then();
        };
    };

    EXPECT_EQ(row_after(mounted([] {}), merged + "/old")["upper"], false);
    EXPECT_EQ(
        row_after(mounted([&] { write_file(merged + "/new", program_bytes(0), 0755); }), merged + "/new")["upper"],
        true);
    // A change of its mode copies a file up.
    EXPECT_EQ(row_after(mounted([&] { check(chmod((merged + "/changed").c_str(), 0711) == 0, "chmod"); }),
                        merged + "/changed")["upper"],
              true);
    EXPECT_EQ(row_after(
                  [&] {
                      private_mounts();
                      cover(place);
                      write_file(place + "/prog", program_bytes(0), 0755);
                  },
                  place + "/prog")["upper"],
              nullptr);
}

TEST_F(Who, FailedExec)
{
    const std::string mark = marker();
    ToolRun failed{"execsnoop", json({"-x"})};

    in_child([&] {
        become(nobody, nobody);
        exec_now({.path = "/no/such/file", .argv = {"x", mark}});
    });
    const Json row = failed.row_with(mark);
    EXPECT_EQ(row["euid"], nobody);
    for (const char *key : {"privileges", "memfd", "deleted", "upper", "exe_dev"})
        EXPECT_EQ(row[key], nullptr) << key;
}

// The programs read each of these for its key alone, and in text as well.
TEST_F(Who, FieldsAlone)
{
    struct stat file {};
    ASSERT_EQ(stat(program.c_str(), &file), 0);

    for (const auto &[field, value] : {std::pair{"exe_ino", std::to_string(file.st_ino)},
                                       {"memfd", "false"},
                                       {"privileges", "[]"},
                                       {"euid", "0"},
                                       {"ns_uid", std::to_string(getuid())}}) {
        ToolRun text{"execsnoop", of_children({"--fields", std::string{field} + ",args"})};
        const std::string mark = marker();
        run({.path = program, .argv = {"x", mark}});
        EXPECT_THAT(text.line_with(mark), testing::StartsWith(value + " "));
    }
}

} // namespace
} // namespace snoop::test
