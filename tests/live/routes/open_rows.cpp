// SPDX-License-Identifier: BSD-2-Clause
#include "open_rows.hpp"

#include "shared.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

namespace snoop::test {
namespace {

struct Opened {
    int ret;
    std::array<char, 8192> led_to; // as the kernel says
};

void read_link_of(int fd, std::array<char, 8192> &to)
{
    const ssize_t n = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), to.data(), to.size() - 1);

    to[n > 0 ? static_cast<std::size_t>(n) : 0] = '\0';
}

} // namespace

Made open_in_child(const std::function<int()> &call, Json row, int err, const std::function<void()> &before)
{
    const Shared<Opened> opened;
    const Ended done = in_child([&] {
        if (before)
            before();
        prctl(PR_SET_NAME, opener_comm);
        opened->ret = call();
        prctl(PR_SET_NAME, "reader");
        if (opened->ret >= 0)
            read_link_of(opened->ret, opened->led_to);
    });
    const int ret = opened->ret;
    if (done.status != 0 || (err ? ret != -err : ret < 0))
        throw std::runtime_error(fmt::format("the call returned {} ({}), the child ended with {:#x}", ret,
                                             ret < 0 ? strerrorname_np(-ret) : "a descriptor", done.status));
    Json whole{{"event", "open"},
               {"comm", opener_comm},
               {"pid", done.pid},
               {"tid", done.pid},
               {"ppid", getpid()},
               {"ret", ret},
               {"fd", ret >= 0 ? Json(ret) : Json()},
               {"errno", ret < 0 ? Json(strerrorname_np(-ret)) : Json()},
               {"flags", {"O_RDONLY"}},
               {"mode", nullptr},
               {"truncated", false},
               {"faulted", false}};
    whole["resolved"] = ret >= 0 ? Json(opened->led_to.data()) : row.at("path");
    whole.update(row);
    return {.rows = {whole}};
}

Made open_in_child(const Attempt &attempt)
{
    static constexpr const char *vias[] = {"open", "openat", "openat2", "creat", "open_by_handle_at",
                                           "open", "openat", "creat"};
    const Opener opener = attempt.opener;
    const bool has_dirfd =
        opener == Opener::openat || opener == Opener::openat2 || opener == Opener::handle || opener == Opener::openat32;
    Json row{{"path", attempt.opening.path},
             {"dirfd", has_dirfd ? Json(attempt.opening.dirfd) : Json()},
             {"via", vias[static_cast<int>(opener)]},
             {"abi", opener >= Opener::open32 ? 32 : 64}};
    row.update(attempt.row);
    return open_in_child([&] { return open_call(opener, attempt.opening); }, row, attempt.err, attempt.before);
}

Made open_handle_in_child(const TempDir &dir, int flags, Json row, int err)
{
    const std::string mount = dir.folder("mount"), file = mount + "/file";
    constexpr int on_mount = 100;
    row["path"] = nullptr;
    Made made =
        open_in_child({.opener = Opener::handle,
                       .opening = {.path = file, .flags = flags, .dirfd = on_mount},
                       .row = std::move(row),
                       .err = err,
                       .before = [&] {
                           private_mounts();
                           cover(mount);
                           write_file(file, "x");
                           check(dup2(open(mount.c_str(), O_RDONLY | O_DIRECTORY), on_mount) == on_mount, mount);
                       }});
    made.words = {file};
    return made;
}

} // namespace snoop::test
