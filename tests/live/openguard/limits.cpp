// SPDX-License-Identifier: BSD-2-Clause
// Each line of LIMITS in openguard(8) has a test here, with that line as its comment: build.limits compares them.
#include "accounting.hpp"
#include "maps.hpp"
#include "openguard/guarding.hpp"
#include "openguard/overlay.hpp"

#include <snoop/openguard.h>

#include <cerrno>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>

namespace snoop::test {
namespace {

const std::string everything = "write,unlink,rename,link,exec,mmap";

int result_of(ssize_t returned) { return returned < 0 ? -errno : 0; }

// Openguard denies whatever it meets.
class Limits : public Guarding {
protected:
    Fd opened(const std::string &path, int flags) const { return Fd{::open(path.c_str(), flags | O_CLOEXEC)}; }

    const std::string top = dir.folder("top"), out = dir.folder("out"), one = dir.file("one", "secret");
    const std::string inner = dir.file("top/inner", "secret"), other = dir.file("other", "other");
};

INSTANTIATE_TEST_SUITE_P(, Limits, testing::Values(true), [](const auto &) { return "Enforced"; });

// Reads of files that are already open or mapped, and writes to mapped ones.
TEST_P(Limits, OpenAndMapped)
{
    const Fd file = opened(one, O_RDWR);
    void *const place = mmap(nullptr, 6, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    ASSERT_NE(place, MAP_FAILED);
    start({"--also", everything, one});

    expect_unmet({{"read",
                   [&] {
                       char bytes[6];
                       return pread(file.get(), bytes, 6, 0) == 6 && std::string_view(bytes, 6) == "secret" ? 0 : -EIO;
                   }},
                  {"mapped", [&] {
                       static_cast<char *>(place)[0] = 'S';
                       return 0;
                   }}});
    munmap(place, 6);
    stop();
    EXPECT_EQ(read_file(one), "Secret");
}

// Without --also, writes to open files, new mappings of them, links, renames and deletion.
TEST_P(Limits, OperationsOfAlso)
{
    const Fd file = opened(one, O_RDWR);
    start({one});

    expect_unmet({{"write", [&] { return result_of(write(file.get(), "S", 1)); }},
                  {"mmap",
                   [&] {
                       const bool failed = mmap(nullptr, 1, PROT_READ, MAP_SHARED, file.get(), 0) == MAP_FAILED;
                       return failed ? -errno : 0;
                   }},
                  {"link", [&] { return result_of(link(one.c_str(), dir.at("link").c_str())); }},
                  {"rename", [&] { return result_of(rename(one.c_str(), dir.at("moved").c_str())); }},
                  {"unlink", [&] { return result_of(unlink(dir.at("moved").c_str())); }}});
    stop();
}

// Calls that neither open a file nor change its contents: stat, chmod, chown, utimensat, setxattr, and open with
// O_PATH.
TEST_P(Limits, OtherCalls)
{
    start({"--also", everything, one});

    expect_unmet({{"stat", [&] { return inode_of(one) ? 0 : -ENOENT; }},
                  {"chmod", [&] { return result_of(chmod(one.c_str(), 0600)); }},
                  {"chown", [&] { return result_of(chown(one.c_str(), 1000, 1000)); }},
                  {"utimensat", [&] { return result_of(utimensat(AT_FDCWD, one.c_str(), nullptr, 0)); }},
                  {"setxattr",
                   [&] {
                       const int err = result_of(setxattr(one.c_str(), "trusted.snoop", "1", 1, 0));
                       return err == -EOPNOTSUPP ? 0 : err; // by the file system
                   }},
                  {"O_PATH", [&] { return open_it(one, O_PATH); }}});
    stop();
}

// New names below a guarded directory: files and directories that are made there, or moved or linked into it.
TEST_P(Limits, NewNames)
{
    start({"--also", everything, top});

    expect_unmet({{"mknod", [&] { return result_of(mknod((top + "/file").c_str(), S_IFREG | 0644, 0)); }},
                  {"mkdir", [&] { return result_of(mkdir((top + "/folder").c_str(), 0755)); }},
                  {"symlink", [&] { return result_of(symlink("inner", (top + "/symlink").c_str())); }},
                  {"link", [&] { return result_of(link(one.c_str(), (top + "/link").c_str())); }},
                  {"rename", [&] { return result_of(rename(other.c_str(), (top + "/moved").c_str())); }}});
    stop();
}

// The empty file that an open with O_CREAT makes before it is denied.
TEST_P(Limits, CreatedEmpty)
{
    const std::string made = top + "/made";
    start({"--also", everything, top});

    expect_met({{"O_CREAT", [&] { return open_it(made, O_RDWR | O_CREAT); }, made, top}});
    stop();
    EXPECT_NE(inode_of(made), 0u);
    EXPECT_EQ(read_file(made), "");
}

// A rename of a directory above the PATH.
TEST_P(Limits, RenameAbove)
{
    const std::string file = dir.file("out/file", ""), moved = dir.at("moved");
    start({"--also", everything, file});

    expect_unmet({{"rename", [&] { return result_of(rename(out.c_str(), moved.c_str())); }}});
    expect_met({{"the file", [&] { return open_it(moved + "/file"); }, moved + "/file", file}});
    stop();
}

// A file that is mounted over a guarded file.
TEST_P(Limits, MountedOver)
{
    start({"--also", everything, one});

    expect_unmet({{"open", [&] {
                       private_mounts();
                       bind_mount(other, one);
                       return open_it(one);
                   }}});
    stop();
}

// File systems mounted below a guarded directory, by another mount of them elsewhere.
TEST_P(Limits, OtherMount)
{
    const std::string mount = dir.folder("top/mount");
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(mount + "/file", "");
    start({"--also", everything, top});

    expect_unmet({{"elsewhere", [&] {
                       private_mounts();
                       bind_mount(mount, out);
                       return open_it(out + "/file");
                   }}});
    expect_met({{"there", [&] { return open_it(mount + "/file"); }, mount + "/file", top}});
    stop();
}

// Other names of files that are moved into a guarded directory together with their directory.
TEST_P(Limits, MovedInWithDirectory)
{
    const std::string file = dir.file("out/file", ""), name = dir.at("name");
    ASSERT_EQ(link(file.c_str(), name.c_str()), 0);
    start({"--also", everything, top});

    ASSERT_EQ(rename(out.c_str(), (top + "/out").c_str()), 0);
    expect_unmet({{"by the other name", [&] { return open_it(name); }}});
    expect_met({{"inside", [&] { return open_it(top + "/out/file"); }, top + "/out/file", top}});
    stop();
}

// Opens that are denied by permissions or another security module.
TEST_P(Limits, DeniedAnyway)
{
    const std::string closed = dir.file("closed", "", 0600);
    start({"--also", everything, closed});

    EXPECT_EQ(by_child([&] {
                  become(1000, 1000);
                  return open_it(closed);
              }).err,
              EACCES);
    stop();
}

// Copies of the contents: those in the memory of a process that may open the file, or in a file that it writes.
TEST_P(Limits, Copies)
{
    start({"--also", everything, "--except-comm", "keeper", one});
    char *const bytes = static_cast<char *>(
        mmap(nullptr, 6, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)); // same address in all children
    Gate is_read, done;
    Process keeper{[&] {
        prctl(PR_SET_NAME, "keeper");
        if (Fd file{open_it(one)}; !file || read(file.get(), bytes, 6) != 6)
            _exit(1);
        write_file(dir.at("copy"), std::string{bytes, 6});
        is_read.open();
        done.wait();
    }};
    is_read.wait();

    expect_unmet({{"memory",
                   [&] {
                       char copy[6];
                       const iovec to{copy, 6}, from{bytes, 6};
                       const auto n = process_vm_readv(keeper.pid(), &to, 1, &from, 1, 0);
                       return n == 6 && std::string_view(copy, 6) == "secret" ? 0 : -EIO;
                   }},
                  {"another file", [&] { return open_it(dir.at("copy")); }}});
    done.open();
    EXPECT_EQ(keeper.wait().status, 0);
    munmap(bytes, 6);
    EXPECT_EQ(tool_->stop(), 0);
    EXPECT_EQ(expect_balance(tool_->err())["printed"], 0u);
}

// Descriptors that a process that may open the file hands to another, over a Unix socket or otherwise.
TEST_P(Limits, DescriptorsHandedOn)
{
    start({"--also", everything, "--except-comm", "keeper", one});

    expect_unmet({{"inherited", [&] {
                       prctl(PR_SET_NAME, "keeper");
                       const Fd file{open_it(one)};
                       return -by_child([&] { // called "opener" again
                                   char byte;
                                   return result_of(read(file.get(), &byte, 1));
                               })
                                   .err;
                   }}});
    EXPECT_EQ(tool_->stop(), 0);
    EXPECT_EQ(expect_balance(tool_->err())["printed"], 0u);
}

// With overlayfs: opens by a path in the lower or upper layer, if the PATH is on the merged side.
TEST_P(Limits, OverlayMerged)
{
    SNOOP_NEEDS(overlay);
    const Overlay overlay{dir};
    write_file(overlay.merged + "/fresh", "1");
    start({"--also", everything, overlay.merged});

    expect_unmet({{"lower", [&] { return open_it(overlay.lower + "/one"); }},
                  {"upper", [&] { return open_it(overlay.upper + "/fresh"); }}});
    stop();
}

// With overlayfs: the copy in the upper layer that takes the place of a guarded file of the lower layer when that is
// changed.
TEST_P(Limits, OverlayCopy)
{
    SNOOP_NEEDS(overlay);
    const Overlay overlay{dir};
    start({"--except-comm", "keeper", overlay.lower + "/one"});

    EXPECT_EQ(by_child([&] {
                  prctl(PR_SET_NAME, "keeper");
                  return open_it(overlay.merged + "/one", O_WRONLY);
              }).err,
              0);
    expect_unmet({{"the copy", [&] { return open_it(overlay.merged + "/one"); }}});
    EXPECT_EQ(tool_->stop(), 0);
    EXPECT_EQ(expect_balance(tool_->err())["printed"], 0u);
}

// With --also: deletion, renames and links in file systems that are mounted below a guarded directory.
TEST_P(Limits, NamesInOtherFileSystems)
{
    const std::string mount = dir.folder("top/mount");
    const TmpFs here{mount, "size=64k,mode=755"};
    write_file(mount + "/file", "");
    start({"--also", everything, top});

    expect_unmet({{"link", [&] { return result_of(link((mount + "/file").c_str(), (mount + "/link").c_str())); }},
                  {"rename", [&] { return result_of(rename((mount + "/link").c_str(), (mount + "/moved").c_str())); }},
                  {"unlink", [&] { return result_of(unlink((mount + "/moved").c_str())); }}});
    stop();
}

// Root, who can stop openguard and edit its maps.
TEST_P(Limits, RootEditsMaps)
{
    struct stat about {};
    ASSERT_EQ(stat(one.c_str(), &about), 0);
    start({"--inode", fmt::format("{}:{}:{}", major(about.st_dev), minor(about.st_dev), about.st_ino)});

    EXPECT_EQ(by_child([&] { return open_it(one); }).err, EPERM);
    const guard_inode inode{about.st_ino, major(about.st_dev) << 20 | minor(about.st_dev), 0};
    Args key{"key"};
    for (std::size_t i = 0; i < sizeof(inode); i++)
        key.push_back(std::to_string(reinterpret_cast<const unsigned char *>(&inode)[i]));
    bpftool_map(tool_->pid(), "guards", "delete", key);
    rows_++;
    expect_unmet({{"afterwards", [&] { return open_it(one); }}});
    stop();
}

} // namespace
} // namespace snoop::test
