// SPDX-License-Identifier: BSD-2-Clause
// Opens with all kinds of paths: in different memory, and to different files.
#include "open_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <fcntl.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

namespace snoop::test {
namespace {

std::string link_of(const std::string &path)
{
    std::array<char, 256> text{};
    const ssize_t size = readlink(path.c_str(), text.data(), text.size());
    check(size > 0, path);
    return {text.data(), static_cast<std::size_t>(size)};
}

Made openat(const Opening &opening, const Json &row = Json::object(), const std::function<void()> &before = {})
{
    return open_in_child({.opener = Opener::openat, .opening = opening, .row = row, .before = before});
}

Made by_a_link(const TempDir &dir)
{
    const std::string link = dir.at("link");
    dir.file("one", "1");
    check(symlink("one", link.c_str()) == 0, link);
    return openat({.path = link});
}

Made by_proc(const TempDir &dir)
{
    const Fd file{open(dir.file("one", "1").c_str(), O_RDONLY | O_CLOEXEC)};
    return openat({.path = fmt::format("/proc/self/fd/{}", file.get())});
}

// Opens a file without a directory by `/proc/self/fd`. Sockets and eventfds can be opened with O_PATH only.
Made nameless(const Fd &file, int flags, const std::vector<std::string> &names)
{
    check(file.get() >= 0, "a descriptor");
    return openat({.path = fmt::format("/proc/self/fd/{}", file.get()), .flags = flags}, {{"flags", names}});
}

Made a_memfd(const TempDir &) { return nameless(Fd{memfd_create("a memfd", MFD_CLOEXEC)}, O_RDWR, {"O_RDWR"}); }

Made a_pipe(const TempDir &)
{
    const auto [out, in] = make_pipe();
    return nameless(out, O_RDONLY, {"O_RDONLY"});
}

Made a_socket(const TempDir &)
{
    return nameless(Fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}, O_PATH, {"O_RDONLY", "O_PATH"});
}

Made an_eventfd(const TempDir &) { return nameless(Fd{eventfd(0, EFD_CLOEXEC)}, O_PATH, {"O_RDONLY", "O_PATH"}); }

Made a_namespace(const TempDir &) { return openat({.path = "/proc/self/ns/net"}); }

Made an_unlinked_file(const TempDir &dir)
{
    const Fd file{open(dir.file("gone", "x").c_str(), O_RDONLY | O_CLOEXEC)};
    check(unlink(dir.at("gone").c_str()) == 0, "unlink");
    return openat({.path = fmt::format("/proc/self/fd/{}", file.get())}, {{"deleted", true}});
}

// As getcwd(2) shows it; /proc shows the path in the mount alone.
Made in_a_detached_mount(const TempDir &dir)
{
    const std::string mount = dir.folder("mount");
    constexpr int on_mount = 100;
    return openat({.path = "file", .dirfd = on_mount},
                  {{"resolved", "(unreachable)/file"}, {"mnt_ns", nullptr}, {"deleted", false}}, [&] {
                      private_mounts();
                      cover(mount);
                      write_file(mount + "/file", "x");
                      check(dup2(open(mount.c_str(), O_RDONLY | O_DIRECTORY), on_mount) == on_mount, mount);
                      check(umount2(mount.c_str(), MNT_DETACH) == 0, "umount2");
                  });
}

Made in_another_namespace(const TempDir &dir)
{
    const std::string file = dir.file("one", "1");
    const Fd there{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
    const auto number = link_of("/proc/self/ns/mnt"); // "mnt:[4026531841]"
    return openat({.path = "one", .dirfd = there.get()},
                  {{"resolved", number + file}, {"mnt_ns", std::stoul(number.substr(5))}}, private_mounts);
}

Made by_the_working_directory(const TempDir &dir)
{
    dir.file("one", "1");
    dir.folder("folder");
    return openat({.path = "folder/.././one"}, Json::object(),
                  [&] { check(chdir(dir.path().c_str()) == 0, dir.path()); });
}

Made below_a_directory(const TempDir &dir)
{
    dir.file("one", "1");
    dir.folder("folder");
    const Fd folder{open(dir.at("folder").c_str(), O_PATH | O_CLOEXEC)};
    return openat({.path = "../one", .dirfd = folder.get()});
}

// `path` is relative to the root inside, `resolved` to the real root.
Made in_a_chroot(const TempDir &dir)
{
    const std::string root = dir.folder("root");
    write_file(root + "/inner", "x");
    return openat({.path = "/inner"}, {{"resolved", root + "/inner"}},
                  [&] { check(chroot(root.c_str()) == 0, "chroot"); });
}

Made in_a_bind_mount(const TempDir &dir)
{
    const std::string from = dir.folder("from"), to = dir.folder("to");
    write_file(from + "/file", "x");
    return openat({.path = to + "/file"}, Json::object(), [&] {
        private_mounts();
        bind_mount(from, to);
    });
}

// The upper layer's file is made by this: it is copied there.
Made in_an_overlay(const TempDir &dir)
{
    const std::string lower = dir.folder("lower"), upper = dir.folder("upper"), merged = dir.folder("merged");
    write_file(lower + "/file", "x");
    return openat({.path = merged + "/file", .flags = O_RDWR}, {{"flags", {"O_RDWR"}}, {"resolved", merged + "/file"}},
                  [&] {
                      private_mounts();
                      overlay_mount(lower, upper, merged);
                  });
}

Made deep_down(const TempDir &dir)
{
    std::string path;
    for (int i = 0; i < 60; i++)
        path += fmt::format("directory-{}/", i);
    dir.folder(path);
    return openat({.path = dir.file(path + "file", "x")});
}

Made a_long_name(const TempDir &dir)
{
    const std::string one = dir.file("one", "1");
    std::string path = dir.path() + "/";
    while (path.size() < 4000 - 3)
        path += path.size() % 2 ? "./" : "/";
    return openat({.path = path + "one"});
}

// The invalid byte is U+FFFD in JSON.
Made odd_bytes(const TempDir &dir)
{
    const std::string path = dir.file("a\nb \x1b[1m\xff", "x"), in_json = dir.at("a\nb \x1b[1m\xef\xbf\xbd");
    Made made = openat({.path = path}, {{"path", in_json}, {"resolved", in_json}});
    made.words = {path};
    return made;
}

// The name is read from a file that is mapped afresh, by nobody before the kernel.
Made never_touched(const TempDir &dir)
{
    const std::string one = dir.file("one", "1");
    const Fd file{open(dir.file("name", one + '\0').c_str(), O_RDONLY | O_CLOEXEC)};
    const void *name = mmap(nullptr, one.size() + 1, PROT_READ, MAP_PRIVATE, file.get(), 0);
    Made made = openat({.raw = static_cast<const char *>(name)}, {{"path", one}});
    munmap(const_cast<void *>(name), one.size() + 1);
    return made;
}

// The memory ends right after the last byte of the name.
Made at_the_end_of_a_page(const TempDir &dir)
{
    const std::string one = dir.file("one", "1");
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    auto *pages =
        static_cast<char *>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    check(pages != MAP_FAILED && munmap(pages + page, page) == 0, "mmap");
    char *name = pages + page - one.size() - 1;
    one.copy(name, one.size());
    Made made = openat({.raw = name}, {{"path", one}});
    munmap(pages, page);
    return made;
}

} // namespace

std::vector<Route> open_paths()
{
    return {
        {"symlink", "through a symbolic link", by_a_link},
        {"cwd", "a path relative to the working directory", by_the_working_directory},
        {"dirfd", "a path relative to a directory's descriptor", below_a_directory},
        {"proc_fd", "`/proc/self/fd`", by_proc},
        {"memfd", "a memfd, by `/proc/self/fd`", a_memfd},
        {"pipe", "a pipe, by `/proc/self/fd`", a_pipe},
        {"socket", "a socket, by `/proc/self/fd` with O_PATH", a_socket},
        {"eventfd", "an eventfd, by `/proc/self/fd` with O_PATH", an_eventfd},
        {"namespace", "a namespace, `/proc/self/ns/net`", a_namespace},
        {"unlinked", "an unlinked file, by `/proc/self/fd`", an_unlinked_file},
        {"detached", "in a detached mount", in_a_detached_mount},
        {"other_mounts", "in another mount namespace, by a directory's descriptor", in_another_namespace},
        {"chroot", "in a chroot", in_a_chroot},
        {"bind_mount", "in a bind mount", in_a_bind_mount},
        {"overlay", "in an overlay", in_an_overlay, {{Hook::overlay, "the kernel has no overlay file system"}}},
        {"deep", "sixty directories deep", deep_down},
        {"path_4000", "a path of 4,000 characters", a_long_name},
        {"odd_bytes", "a name with newline, escape, invalid UTF-8", odd_bytes},
        {"untouched", "a name in a page never touched (a fresh file mapping)", never_touched},
        {"page_end", "a name that ends on the last byte before an unmapped page", at_the_end_of_a_page},
    };
}

} // namespace snoop::test
