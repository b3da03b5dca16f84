// SPDX-License-Identifier: BSD-2-Clause
// openguard --enforce against uid 1000, who owns what is below the guarded directory and races the tool.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "openguard/attack.hpp"
#include "openguard/openguard.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using Clock = std::chrono::steady_clock;

// Wastes time that is too short to sleep.
void spin(int rounds)
{
    for (int i = 0; i < rounds; i++)
        asm volatile("" ::: "memory");
}

class OpenguardAttack : public Openguard {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(lsm);
        for (const std::string &folder : {keys, out})
            ASSERT_EQ(chown(folder.c_str(), attacker, attacker), 0);
    }

    // A directory of the attacker with `count` links of one file, so that a search through it takes a while.
    std::string large(const char *name, int count) const
    {
        std::string folder = dir.folder(fmt::format("keys/{}", name));
        const std::string base = dir.file(fmt::format("keys/{}/base", name), "");

        for (int i = 0; i < count; i++)
            EXPECT_EQ(link(base.c_str(), fmt::format("{}/f{:06}", folder, i).c_str()), 0);
        EXPECT_EQ(chown(folder.c_str(), attacker, attacker), 0);
        return folder;
    }
    // The attacker renames `a` to `b` and back until the process is killed. It stays on one CPU with the tool: the
    // kernel patches a hook that programs are attached to, which emulated machines do not survive if another CPU
    // runs it.
    static Process renamer(std::string a, std::string b, unsigned flags, useconds_t pause)
    {
        return Process{[=] {
            become(attacker, attacker);
            for (;;) {
                renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), flags);
                usleep(pause);
                if (!flags)
                    rename(b.c_str(), a.c_str());
                usleep(pause);
            }
        }};
    }
    // Starts the tool at other moments of the attacker's move between `a` and `b`: `outside` stays closed to him.
    void expect_denied_while_moving(const std::string &a, const std::string &b, const std::string &outside) const
    {
        const OneCpu together;

        for (useconds_t pause = 37; pause == 37 || Clock::now() < end; pause += 37) {
            const Process racing = renamer(a, b, 0, pause);
            ToolRun tool{"openguard", {"--enforce", keys}};
            EXPECT_EQ(opens_as_attacker(outside), EPERM) << pause;
            EXPECT_EQ(tool.stop(), 0);
        }
    }
    static int opens_as_attacker(const std::string &path)
    {
        return by_child([&] {
                   become(attacker, attacker);
                   return open_it(path);
               })
            .err;
    }

    const std::string keys = dir.folder("keys"), out = dir.folder("out"), secret = dir.file("keys/secret", "secret");
    const Fd null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const Clock::time_point end = Clock::now() + std::max(attack_time(), std::chrono::seconds{4});
};

// A symbolic link takes the place of a directory that is searched for hard links.
TEST_F(OpenguardAttack, LinkInPlaceOfDirectory)
{
    const OneCpu together;
    const std::string folder = large("x", 500), link = keys + "/z", victim = dir.folder("victim");
    const std::string file = dir.file("victim/passwd", ""), other = dir.file("victim/group", "");
    ASSERT_EQ(::link((folder + "/base").c_str(), (folder + "/passwd").c_str()), 0);
    ASSERT_EQ(::link((folder + "/base").c_str(), (folder + "/group").c_str()), 0);
    ASSERT_EQ(symlink(victim.c_str(), link.c_str()), 0);
    ASSERT_EQ(lchown(link.c_str(), attacker, attacker), 0);

    for (useconds_t pause = 100; pause == 100 || Clock::now() < end; pause += 150) {
        const Process racing = renamer(folder, link, RENAME_EXCHANGE, pause);
        ToolRun tool{"openguard", {"--enforce", keys}};
        EXPECT_EQ(by_child([&] { return open_it(file); }).err, 0) << pause;
        EXPECT_EQ(by_child([&] { return open_it(other); }).err, 0) << pause;
        EXPECT_EQ(opens_as_attacker(secret), EPERM) << pause;
        EXPECT_EQ(tool.stop(), 0);
    }
}

// A file with a name outside moves between directories that are searched for such files.
TEST_F(OpenguardAttack, FileMovesDuringSearch)
{
    const std::string a = large("a", 300) + "/secret", b = large("b", 300) + "/secret", outside = out + "/secret";
    ASSERT_EQ(rename(secret.c_str(), a.c_str()), 0);
    ASSERT_EQ(link(a.c_str(), outside.c_str()), 0);
    ASSERT_EQ(chown(a.c_str(), attacker, attacker), 0);

    expect_denied_while_moving(a, b, outside);
}

// A directory with such a file moves likewise.
TEST_F(OpenguardAttack, DirectoryMovesDuringSearch)
{
    const std::string a = large("a", 300) + "/moves", b = large("b", 300) + "/moves", outside = out + "/secret";
    dir.folder("keys/a/moves/below");
    ASSERT_EQ(link(secret.c_str(), outside.c_str()), 0);
    ASSERT_EQ(rename(secret.c_str(), (a + "/below/secret").c_str()), 0);
    ASSERT_EQ(chown(a.c_str(), attacker, attacker), 0);

    expect_denied_while_moving(a, b, outside);
}

// The directory above the file is renamed out of the guarded one while the file is opened.
TEST_F(OpenguardAttack, RenameDuringOpen)
{
    ASSERT_EQ(chown(secret.c_str(), attacker, attacker), 0);
    ToolRun tool{"openguard", {"--enforce", "-n", "opener", keys}, {.out_fd = null_.get()}};
    unsigned seed = 1;
    int opened = 0, denied = 0;

    for (int i = 0; i == 0 || Clock::now() < end; i++) {
        const std::string from = dir.at(fmt::format("keys/n{}", i)), to = dir.at(fmt::format("out/n{}", i));
        Gate gate;
        ASSERT_EQ(mkdir(from.c_str(), 0755), 0);
        ASSERT_EQ(chown(from.c_str(), attacker, attacker), 0);
        ASSERT_EQ(rename(secret.c_str(), (from + "/secret").c_str()), 0);
        const int pause = rand_r(&seed) % 4000;
        Process moves{[&, &from = from, &to = to] {
            become(attacker, attacker);
            gate.wait();
            spin(pause);
            rename(from.c_str(), to.c_str());
        }};
        Process opens{[&, &from = from] {
            become(attacker, attacker);
            prctl(PR_SET_NAME, "opener");
            gate.wait();
            for (;;) {
                const int fd = open((from + "/secret").c_str(), O_RDONLY | O_CLOEXEC);
                if (fd >= 0 || errno == ENOENT)
                    _exit(fd >= 0 ? 1 : 0);
            }
        }};
        gate.open();
        opened += opens.wait().status != 0;
        EXPECT_EQ(moves.wait().status, 0);
        denied += opens_as_attacker(to + "/secret") == EPERM;
        EXPECT_EQ(denied, i + 1);
        ASSERT_EQ(rename((to + "/secret").c_str(), secret.c_str()), 0);
    }
    EXPECT_EQ(opened, 0);
    EXPECT_EQ(tool.stop(), 0);
    expect_balance(tool.err());
}

// Files that are moved out fill the map of guards: from then on none leaves, and the guard holds.
TEST_F(OpenguardAttack, FullMap)
{
    ASSERT_EQ(chown(secret.c_str(), attacker, attacker), 0);
    ToolRun tool{"openguard", {"--enforce", "--entries", "100", "-o", "json", keys}};

    const Ended done = in_child([&] {
        become(attacker, attacker);
        int moved = 0, err = 0;
        for (int i = 0; i < 1000 && !err; i++) {
            const std::string name = fmt::format("/f{}", i);
            if (mknod((keys + name).c_str(), S_IFREG | 0600, 0) != 0)
                _exit(10);
            if (rename((keys + name).c_str(), (out + name).c_str()) == 0)
                moved++;
            else
                err = errno;
        }
        if (err != EPERM || moved < 50)
            _exit(11);
        if (link(secret.c_str(), (out + "/secret").c_str()) == 0 || errno != EPERM)
            _exit(12);
        if (rename(secret.c_str(), (out + "/secret").c_str()) == 0 || errno != EPERM)
            _exit(13);
        if (open((out + "/f0").c_str(), O_RDONLY) >= 0)
            _exit(14);
        // An entry is free again when its file is deleted.
        for (int i = 0; i < moved; i++)
            unlink((out + fmt::format("/f{}", i)).c_str());
    });
    EXPECT_EQ(done.status >> 8, 0);
    tool.wait_err("the map of guards is full: guarded files cannot be linked or moved elsewhere any more");
    const auto row = tool.row_where([](const auto &r) { return r["op"] == "link"; });
    EXPECT_EQ(row["action"], "denied");
    EXPECT_EQ(row["doubt"], "map_full");
    EXPECT_EQ(row["guard"], keys);
    EXPECT_EQ(row["via"], nullptr);
    EXPECT_TRUE(eventually([&] { return rename(secret.c_str(), (out + "/secret").c_str()) == 0; }));
    EXPECT_EQ(opens_as_attacker(out + "/secret"), EPERM);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["lost"], 0u);
}

// Without --enforce, the loss is reported at once.
TEST_F(OpenguardAttack, FullMapAudited)
{
    ToolRun tool{"openguard", {"--entries", "2", "-o", "json", keys}};

    ASSERT_EQ(link(secret.c_str(), (out + "/secret").c_str()), 0);
    const auto row = tool.row_where([](const auto &r) { return r["op"] == "link"; });
    EXPECT_EQ(row["action"], "audited");
    EXPECT_EQ(row["doubt"], "map_full");
    tool.wait_err("the map of guards is full: files that are linked or moved elsewhere are no longer guarded");
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(expect_balance(tool.err())["printed"], 1u);
}

// Entries of files that left, or that the search found, go with the files.
TEST_F(OpenguardAttack, EntriesGoWithFiles)
{
    const std::string before = out + "/before", after = out + "/after", found = dir.file("keys/found", "");
    ASSERT_EQ(link(found.c_str(), before.c_str()), 0);
    ToolRun tool{"openguard", {"--enforce", keys}};
    const auto entries = [&] { return entries_of(tool.pid(), "guards").value_or(0); };
    const auto at_start = entries();

    ASSERT_EQ(rename(secret.c_str(), after.c_str()), 0);
    EXPECT_EQ(entries(), at_start + 1);
    ASSERT_EQ(unlink(after.c_str()), 0);
    EXPECT_TRUE(eventually([&] { return entries() == at_start; }));
    ASSERT_EQ(unlink(before.c_str()), 0);
    EXPECT_EQ(entries(), at_start);
    ASSERT_EQ(unlink(found.c_str()), 0);
    EXPECT_TRUE(eventually([&] { return entries() == at_start - 1; }));
    EXPECT_EQ(tool.stop(), 0);
}

// More levels than the search keeps open.
TEST_F(OpenguardAttack, LinkInDeepDirectory)
{
    std::string deep = "keys";
    for (int i = 0; i < 200; i++)
        deep += "/d";
    const std::string outside = out + "/secret";
    dir.folder(deep);
    dir.folder("keys/d/d/d/sibling");
    ASSERT_EQ(link(dir.file(deep + "/file", "").c_str(), outside.c_str()), 0);
    ASSERT_EQ(link(dir.file("keys/d/d/d/sibling/file", "").c_str(), (out + "/other").c_str()), 0);
    ToolRun tool{"openguard", {"--enforce", keys}};

    EXPECT_EQ(opens_as_attacker(outside), EPERM);
    EXPECT_EQ(opens_as_attacker(out + "/other"), EPERM);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.err().find("cannot search"), std::string::npos) << tool.err();
}

} // namespace
} // namespace snoop::test
