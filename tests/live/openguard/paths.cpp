// SPDX-License-Identifier: BSD-2-Clause
// openguard: every path and call that leads to a guarded file, audited and denied.
#include "accounting.hpp"
#include "open_ways.hpp"
#include "openguard/openguard.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// A path and a call that lead to the guarded file.
struct Access {
    std::string name;
    std::function<int()> opens; // in a child
    std::string path;           // that the row shows, if it can be known
    std::string guard;          // that the row shows
};

class Guarding : public testing::TestWithParam<bool> {
protected:
    static bool enforce() { return GetParam(); }

    void SetUp() override { SNOOP_NEEDS(lsm); }

    void start(Args args)
    {
        args.insert(args.begin(), {"-o", "json"});
        if (enforce())
            args.insert(args.begin(), "--enforce");
        tool_.emplace("openguard", args);
    }
    // Each makes a row; and is refused, if that is what the tool was told.
    void expect_met(const std::vector<Access> &ways)
    {
        for (const Access &way : ways) {
            SCOPED_TRACE(way.name);
            const Result result = by_child(way.opens);
            EXPECT_EQ(result.err, enforce() ? EPERM : 0);
            rows_++;
            const Json row = tool_->row_where([&](const Json &r) { return r["pid"] == result.pid; });
            EXPECT_EQ(row["action"], enforce() ? "denied" : "audited");
            EXPECT_EQ(row["guard"], way.guard);
            if (!way.path.empty()) {
                EXPECT_EQ(row["path"], way.path);
            }
        }
    }
    void expect_unmet(const std::vector<std::pair<std::string, std::function<int()>>> &ways)
    {
        for (const auto &[name, opens] : ways)
            EXPECT_EQ(by_child(opens).err, 0) << name;
    }
    // No row but those that were expected.
    void stop()
    {
        EXPECT_EQ(tool_->stop(), 0);
        auto accounting = expect_balance(tool_->err());
        EXPECT_EQ(accounting["printed"], rows_) << tool_->out();
        EXPECT_EQ(accounting["filtered"] + accounting["lost"], 0u) << tool_->err();
    }

    TempDir dir;
    std::optional<ToolRun> tool_;
    std::size_t rows_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, Guarding, testing::Bool(),
                         [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

// Auditing and enforcing share these; enforcing has an effect to check besides the row.
class Enforcing : public Guarding {};

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
    const std::string fifo = dir.at("fifo"), device = dir.at("device");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ASSERT_EQ(mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0); // /dev/null
    start({fifo, device});

    expect_met({{"a fifo", [&] { return open_it(fifo, O_RDONLY | O_NONBLOCK); }, fifo, fifo},
                {"a device", [&] { return open_it(device, O_RDWR); }, device, device}});
    expect_unmet({{"the same device", [] { return open_it("/dev/null", O_RDWR); }}});
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
    for (const Json &row : tool_->rows()) {
        EXPECT_EQ(row["via"], "io_uring");
        EXPECT_EQ(row["comm"], "opener");
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

TEST_P(Guarding, AllBelowDirectory)
{
    std::string deep = "guarded";
    for (int i = 0; i < 60; i++)
        deep += fmt::format("/directory-{}", i);
    const std::string top = dir.folder("guarded"), bottom = dir.folder(deep), file = dir.file(deep + "/file", "");
    const std::string sub = dir.folder("guarded/sub"), in_sub = dir.file("guarded/sub/file", "");
    const std::string beside = dir.file("guarded-not", ""), to = dir.folder("to"), mount = dir.folder("guarded/mount");
    start({top});

    expect_met({
        {"itself", [&] { return open_it(top); }, top, top},
        {"a file, sixty deep", [&] { return open_it(file); }, file, top},
        {"a directory", [&] { return open_it(bottom); }, bottom, top},
        {"one that it makes", [&] { return open_it(top + "/new", O_RDWR | O_CREAT); }, top + "/new", top},
        {"one without a name", [&] { return open_it(sub, O_RDWR | O_TMPFILE); }, "", top},
        {"by another mount of one below it",
         [&] {
             private_mounts();
             bind_mount(sub, to);
             return open_it(to + "/file");
         },
         to + "/file", top},
        {"by a mount of the file",
         [&] {
             private_mounts();
             bind_mount(in_sub, beside);
             return open_it(beside);
         },
         beside, top},
        {"what is mounted there",
         [&] {
             private_mounts();
             cover(mount);
             return open_it(mount);
         },
         mount, top},
        {"what is mounted over it",
         [&] {
             private_mounts();
             cover(top);
             return open_it(top);
         },
         top, top},
    });
    expect_unmet({{"beside it", [&] { return open_it(beside); }}, {"above it", [&] { return open_it(dir.path()); }}});
    stop();
}

TEST_P(Guarding, FollowsFilesMovedOut)
{
    const std::string top = dir.folder("guarded"), out = dir.folder("out");
    const auto inside = [&](const char *name) { return dir.file(std::string{"guarded/"} + name, ""); };
    const auto outside = [&](const char *name) { return out + "/" + name; };
    ASSERT_EQ(link(inside("linked-before").c_str(), outside("linked-before").c_str()), 0);
    for (const char *name : {"linked", "moved", "exchanged", "stays"})
        inside(name);
    dir.folder("guarded/folder/below");
    dir.file("guarded/folder/below/file", "");
    dir.file("out/exchanged", "");
    dir.file("out/comes", "");
    dir.file("out/two-names", "");
    ASSERT_EQ(link(outside("two-names").c_str(), outside("second").c_str()), 0);
    dir.file("out/free", "");
    start({top});

    const auto opens = [&](const std::string &path) { return [=] { return open_it(path); }; };
    const auto is_met = [&](const std::string &path) { expect_met({{path, opens(path), path, top}}); };
    is_met(outside("linked-before"));
    ASSERT_EQ(link((top + "/linked").c_str(), outside("linked").c_str()), 0);
    is_met(outside("linked"));
    ASSERT_EQ(rename((top + "/moved").c_str(), outside("moved").c_str()), 0);
    is_met(outside("moved"));
    ASSERT_EQ(rename((top + "/folder").c_str(), outside("folder").c_str()), 0);
    is_met(outside("folder/below/file"));
    is_met(outside("folder"));
    ASSERT_EQ(
        renameat2(AT_FDCWD, (top + "/exchanged").c_str(), AT_FDCWD, outside("exchanged").c_str(), RENAME_EXCHANGE), 0);
    is_met(outside("exchanged"));
    is_met(top + "/exchanged");
    // A file that comes in is guarded there, and by the names that it has elsewhere.
    ASSERT_EQ(rename(outside("comes").c_str(), (top + "/came").c_str()), 0);
    is_met(top + "/came");
    ASSERT_EQ(link(outside("free").c_str(), (top + "/free").c_str()), 0);
    is_met(outside("free"));
    ASSERT_EQ(rename(outside("two-names").c_str(), (top + "/two-names").c_str()), 0);
    is_met(outside("second"));
    // And the directory itself, wherever it goes; and what is made in its place.
    ASSERT_EQ(rename(top.c_str(), outside("guarded").c_str()), 0);
    expect_met({{"moved", opens(outside("guarded/stays")), outside("guarded/stays"), top}});
    dir.folder("guarded");
    ASSERT_EQ(mknod((top + "/fresh").c_str(), S_IFREG | 0644, 0), 0);
    is_met(top + "/fresh");
    expect_unmet({{"never inside", [&] { return open_it(dir.file("out/never", "")); }}});
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
