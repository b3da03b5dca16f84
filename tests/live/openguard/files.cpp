// SPDX-License-Identifier: BSD-2-Clause
// openguard: every path and call that leads to a guarded file, audited and denied.
#include "open_ways.hpp"
#include "openguard/guarding.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace snoop::test {
namespace {

INSTANTIATE_TEST_SUITE_P(, Guarding, testing::Bool(),
                         [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

INSTANTIATE_TEST_SUITE_P(, Enforcing, testing::Values(true));

TEST_P(Guarding, FileByEveryPath)
{
    const std::string one = dir.file("one", "1"), link = dir.at("link"), hard = dir.at("hard"), moved = dir.at("moved");
    const std::string from = dir.folder("from"), inner = dir.file("from/inner", ""), to = dir.folder("to");
    const std::string over = dir.file("over", ""), program = dir.program("program");
    ASSERT_EQ(symlink("one", link.c_str()), 0);
    ASSERT_EQ(::link(one.c_str(), hard.c_str()), 0);
    start({one, inner, program});

    const auto by = [&](Opener opener) { return [=] { return open_call(opener, {.path = one, .flags = O_RDWR}); }; };
    expect_met({
        {"itself", [&] { return open_it(one); }, one, one},
        {"to write", [&] { return open_it(one, O_WRONLY | O_APPEND); }, one, one},
        {"openat2", by(Opener::openat2), one, one},
        {"by a symlink", [&] { return open_it(link); }, one, one},
        {"by a hard link", [&] { return open_it(hard); }, hard, one},
        {"from its directory", [&] { return chdir(dir.path().c_str()) == 0 ? open_it("./to/../one") : -1; }, one, one},
        {"in a chroot", [&] { return chroot(dir.path().c_str()) == 0 ? open_it("/one") : -1; }, one, one},
        {"by /proc", [&] { return open_it(fmt::format("/proc/self/fd/{}", open_it(one, O_PATH))); }, one, one},
        {"by another mount of its directory",
         [&] {
             private_mounts();
             bind_mount(from, to);
             return open_it(to + "/inner");
         },
         to + "/inner", inner},
        {"by a mount of its own",
         [&] {
             private_mounts();
             bind_mount(one, over);
             return open_it(over);
         },
         over, one},
        {"a program, to execute it",
         [&] {
             execl(program.c_str(), program.c_str(), nullptr);
             return -errno;
         },
         program, program},
    });
#if defined(__x86_64__)
    expect_met({{"open", by(Opener::open), one, one}});
#endif
    ASSERT_EQ(::link(one.c_str(), dir.at("later").c_str()), 0);
    ASSERT_EQ(rename(one.c_str(), moved.c_str()), 0);
    expect_met({{"by a later link", [&] { return open_it(dir.at("later")); }, dir.at("later"), one},
                {"moved", [&] { return open_it(moved); }, moved, one}});
    // To hold it, or to ask about it, is not to open it.
    expect_unmet({{"O_PATH", [&] { return open_it(moved, O_PATH); }},
                  {"stat", [&] { return inode_of(moved) ? 0 : -ENOENT; }},
                  {"another file", [&] { return open_it(over); }},
                  {"its directory", [&] { return open_it(dir.path()); }}});
    stop();
}

// openguard does not open the files that it guards: opening some of them blocks or has effects.
TEST_P(Enforcing, SpecialFiles)
{
    const std::string fifo = dir.at("fifo"), device = dir.at("device"), other = dir.at("other");
    const std::string block = dir.at("block");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ASSERT_EQ(mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 7)), 0); // /dev/full
    ASSERT_EQ(mknod(other.c_str(), S_IFCHR | 0600, makedev(1, 7)), 0);
    ASSERT_EQ(mknod(block.c_str(), S_IFBLK | 0600, makedev(1, 7)), 0);
    start({fifo, device});

    expect_met({{"a fifo", [&] { return open_it(fifo, O_RDONLY | O_NONBLOCK); }, fifo, fifo},
                {"a device", [&] { return open_it(device, O_RDWR); }, device, device},
                {"the same device", [&] { return open_it(other, O_RDWR); }, other, device},
                {"the same device", [] { return open_it("/dev/full", O_RDWR); }, "/dev/full", device}});
    expect_unmet({{"another device", [] { return open_it("/dev/zero", O_RDWR); }}});
    // The number is that of a character device.
    EXPECT_NE(by_child([&] { return open_it(block); }).err, EPERM);
    stop();
}

TEST_P(Enforcing, FileBy32BitCall)
{
    SNOOP_NEEDS(ia32);
    const std::string one = dir.file("one", "1");
    start({one});
    expect_met({{"openat", [&] { return open_call(Opener::openat32, {.path = one}); }, one, one}});
    EXPECT_EQ(tool_->rows().back()["abi"], 32);
    stop();
}

// The file system supports file handles.
TEST_P(Enforcing, FileByHandle)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(file, "x");
    const Fd on_mount{open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    start({file});
    expect_met(
        {{"handle", [&] { return open_call(Opener::handle, {.path = file, .dirfd = on_mount.get()}); }, file, file}});
    EXPECT_EQ(tool_->rows().back()["via"], "open_by_handle_at");
    stop();
}

TEST_P(Guarding, FileByUring)
{
    SNOOP_NEEDS(uring);
    const std::string one = dir.file("one", "1");
    start({"-n", "opener", one});
    for (const bool async : {false, true})
        expect_met({{async ? "by a worker" : "at once", [&] { return open_by_uring({.path = one}, false, async); }, one,
                     one}});
    expect_met(
        {{"by a submitting thread", [&] { return open_by_uring({.path = one}, false, false, true); }, one, one}});
    for (const Json &row : tool_->rows()) {
        EXPECT_EQ(row["via"], "io_uring");
        EXPECT_EQ(row["comm"], "opener");
        EXPECT_EQ(row["process"], "opener");
    }
    stop();
}

TEST_P(Enforcing, FileThatReplacesIt)
{
    const std::string one = dir.file("one", "old"), other = dir.at("other"), away = dir.at("away");
    const std::string spare = dir.file("spare", "new");
    ASSERT_EQ(link(one.c_str(), away.c_str()), 0);
    ASSERT_EQ(link(spare.c_str(), other.c_str()), 0);
    start({one});

    expect_unmet({{"before", [&] { return open_it(other); }}});
    // As editors do it. The new file has another name, by which it can be opened as well.
    ASSERT_EQ(rename(spare.c_str(), one.c_str()), 0);
    expect_met({{"replaced", [&] { return open_it(one); }, one, one},
                {"the old one", [&] { return open_it(away); }, away, one},
                {"the new one's other name", [&] { return open_it(other); }, other, one}});
    ASSERT_EQ(unlink(one.c_str()), 0);
    write_file(dir.at("neighbour"), "");
    ASSERT_EQ(mknod(one.c_str(), S_IFREG | 0644, 0), 0);
    expect_met({{"made again", [&] { return open_it(one); }, one, one}});
    ASSERT_EQ(link(one.c_str(), dir.at("third").c_str()), 0);
    expect_met({{"a link of that", [&] { return open_it(dir.at("third")); }, dir.at("third"), one}});
    expect_unmet({{"a neighbour", [&] { return open_it(dir.at("neighbour")); }}});
    stop();
}

TEST_P(Enforcing, InodeByNumber)
{
    const std::string one = dir.file("one", ""), other = dir.at("other");
    struct stat about {};
    ASSERT_EQ(stat(one.c_str(), &about), 0);
    const std::string numbers = fmt::format("{}:{}:{}", major(about.st_dev), minor(about.st_dev), about.st_ino);
    start({"--inode", numbers});

    expect_met({{"itself", [&] { return open_it(one); }, one, numbers}});
    const Json row = tool_->rows().back();
    EXPECT_EQ(row["dev"], fmt::format("{}:{}", major(about.st_dev), minor(about.st_dev)));
    EXPECT_EQ(row["ino"], about.st_ino);
    ASSERT_EQ(rename(one.c_str(), other.c_str()), 0);
    write_file(one, "");
    expect_met({{"moved", [&] { return open_it(other); }, other, numbers}});
    expect_unmet({{"one of that name", [&] { return open_it(one); }}});
    stop();
}

TEST_P(Guarding, Truncate)
{
    const std::string one = dir.file("one", "1"), other = dir.file("other", "1");
    start({"-e", one});
    const auto truncates = [](const std::string &path) {
        return [=] { return truncate(path.c_str(), 0) ? -errno : 0; };
    };

    expect_met({{"truncate", truncates(one), one, one}});
    const Json row = tool_->rows().back();
    EXPECT_EQ(row["op"], "truncate");
    EXPECT_EQ(row["via"], nullptr);
    expect_met({{"O_TRUNC", [&] { return open_it(one, O_WRONLY | O_TRUNC); }, one, one}});
    expect_unmet({{"another file", truncates(other)}});
    stop();
}

// Opens to read are not met, and not counted.
TEST_P(Guarding, OnWrite)
{
    const std::string one = dir.file("one", "1");
    start({"--on", "write", one});

    expect_met({{"to write", [&] { return open_it(one, O_WRONLY); }, one, one},
                {"both", [&] { return open_it(one, O_RDWR); }, one, one}});
    expect_unmet({{"to read", [&] { return open_it(one); }}});
    stop();
}

TEST_P(Enforcing, FollowsSymlink)
{
    const std::string one = dir.file("one", ""), link = dir.at("link");
    ASSERT_EQ(symlink("one", link.c_str()), 0);
    start({link});
    expect_met({{"the file", [&] { return open_it(one); }, one, link}});
    stop();
}

} // namespace
} // namespace snoop::test
