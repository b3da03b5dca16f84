// SPDX-License-Identifier: BSD-2-Clause
// openguard: everything below a guarded directory, audited and denied, also after it moves.
#include "openguard/guarding.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

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

} // namespace
} // namespace snoop::test
