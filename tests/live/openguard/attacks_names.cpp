// SPDX-License-Identifier: BSD-2-Clause
// Attacks by another name or another way to the file.
#include "open_ways.hpp"
#include "openguard/attack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

int denied_or_error(int fd)
{
    errno = fd < 0 ? -fd : 0;
    return fd < 0 ? tell(-1) : opened(fd);
}

// Opens it to write, by the given call.
template <Opener opener> int writes(const Arena &a)
{
    return denied_or_error(open_call(opener, {.path = a.secret, .flags = O_WRONLY}));
}

// Renames the file, reads it there, and brings it back.
int reads_as(const Arena &a, const std::string &name)
{
    if (tell(rename(a.secret.c_str(), name.c_str())) != 0)
        return errno;
    const int err = reads(name);
    return rename(name.c_str(), a.secret.c_str()) == 0 ? err : errno;
}

// A chain of symbolic links, as long as the kernel follows.
void prepare_chain(const Arena &a)
{
    symlink(a.secret.c_str(), a.outside("l1").c_str());
    for (int i = 2; i <= 40; i++)
        symlink(fmt::format("l{}", i - 1).c_str(), a.outside(fmt::format("l{}", i)).c_str());
}

// Moves the file below so many directories with such a name, and opens it from its directory.
void bury(const Arena &a, int levels, const std::string &name)
{
    const int from = open(a.inner.c_str(), O_PATH | O_CLOEXEC);

    if (chdir(a.inner.c_str()) != 0)
        return;
    for (int i = 0; i < levels; i++) {
        mkdir(name.c_str(), 0777);
        if (chdir(name.c_str()) != 0)
            return;
    }
    renameat(from, "secret", AT_FDCWD, "secret");
    close(from);
}
int reads_here(const Arena &) { return reads("secret"); }

int reads_resolved(const Arena &a)
{
    const int top = open(a.top.c_str(), O_PATH | O_CLOEXEC);
    int err = 0;

    for (const std::uint64_t resolve :
         {RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_XDEV, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS}) {
        const int fd =
            open_call(Opener::openat2, {.path = resolve == RESOLVE_IN_ROOT ? "/keys/inner/secret" : "keys/inner/secret",
                                        .flags = O_RDONLY | O_CLOEXEC,
                                        .dirfd = top,
                                        .resolve = resolve});
        err = fd < 0 ? denied_or_error(fd) : reads(fd);
        if (err == 0)
            break;
    }
    close(top);
    return err;
}

// A file that belongs to no directory until it is linked.
int links_nameless_file(const Arena &a)
{
    const int fd = open(a.inner.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0) {
        linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd).c_str(), AT_FDCWD, a.outside("nameless").c_str(),
               AT_SYMLINK_FOLLOW);
        unlink(a.outside("nameless").c_str());
    }
    return opened(fd);
}

// One that is linked into the guarded directory.
int links_nameless_file_in(const Arena &a)
{
    const std::string name = a.inner + "/nameless";
    const int fd = open(a.out.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    unlink(name.c_str());
    if (fd < 0)
        return errno;
    const int err =
        tell(linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW));
    close(fd);
    return err ? err : opened(open(name.c_str(), O_RDONLY | O_CLOEXEC));
}

} // namespace

std::vector<Attack> names()
{
    return {
        {.name = "plain", .attempt = [](const Arena &a) { return reads(a.secret); }},
        {.name = "written", .attempt = writes<Opener::openat>},
        {.name = "creat", .attempt = writes<Opener::creat>, .needs = Hook::legacy_open},
        {.name = "call_of_32_bits", .attempt = writes<Opener::openat32>, .needs = Hook::ia32},
        {.name = "truncated", .attempt = [](const Arena &a) { return tell(truncate(a.secret.c_str(), 1 << 10)); }},
        {.name = "openat2_resolves", .attempt = reads_resolved},
        {.name = "dots", .attempt = [](const Arena &a) { return reads(a.decoys + "/../../keys/./inner//secret"); }},
        {.name = "directory", .attempt = [](const Arena &a) { return opened(open(a.inner.c_str(), O_RDONLY)); }},
        {.name = "root_of_a_process",
         .attempt = [](const Arena &a) { return reads("/proc/self/root/proc/thread-self/root" + a.secret); }},
        {.name = "chain_of_symlinks",
         .attempt = [](const Arena &a) { return reads(a.outside("l40")); },
         .prepare = prepare_chain},
        {.name = "link_from_before",
         .attempt = [](const Arena &a) { return reads(a.outside("before")); },
         .prepare = [](const Arena &a) { link(a.secret.c_str(), a.outside("before").c_str()); }},
        {.name = "link",
         .attempt =
             [](const Arena &a) {
                 tell(link(a.secret.c_str(), a.outside("after").c_str()));
                 const int err = reads(a.outside("after"));
                 unlink(a.outside("after").c_str());
                 return err;
             }},
        {.name = "moved_out", .attempt = [](const Arena &a) { return reads_as(a, a.outside("moved")); }},
        {.name = "renamed_inside", .attempt = [](const Arena &a) { return reads_as(a, a.keys + "/renamed"); }},
        {.name = "long_name", .attempt = [](const Arena &a) { return reads_as(a, a.outside(std::string(255, 'n'))); }},
        {.name = "nested_120_deep", .attempt = reads_here, .prepare = [](const Arena &a) { bury(a, 120, "d"); }},
        {.name = "nested_140_deep", .attempt = reads_here, .prepare = [](const Arena &a) { bury(a, 140, "d"); }},
        {.name = "path_longer_than_calls_take",
         .attempt = reads_here,
         .prepare = [](const Arena &a) { bury(a, 20, std::string(255, 'd')); }},
        {.name = "nameless_file", .attempt = links_nameless_file},
        {.name = "nameless_file_linked_in", .attempt = links_nameless_file_in},
    };
}

} // namespace snoop::test
