// SPDX-License-Identifier: BSD-2-Clause
// Opens with all kinds of paths: in different memory, and to different files.
#include "open_rows.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace snoop::test {
namespace {

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
