// SPDX-License-Identifier: BSD-2-Clause
// Opens by io_uring: by the caller itself, inline, or by a worker of the kernel.
#include "open_rows.hpp"

#include <cerrno>
#include <fcntl.h>

namespace snoop::test {
namespace {

// If the request cannot be read, do_filp_open is hooked: it knows the calling thread, but not
// O_CLOEXEC, which it does not need.
Made by_uring(const std::string &path, bool two, bool async, int err)
{
    const bool has_request = !lacks(Hook::uring_req);
    Json row{
        {"path", path}, {"dirfd", AT_FDCWD}, {"flags", {"O_RDONLY", "O_CLOEXEC"}}, {"via", "io_uring"}, {"abi", 64}};
    Made made = open_in_child([&] { return open_by_uring({.path = path, .flags = O_RDONLY | O_CLOEXEC}, two, async); },
                              row, err);
    if (!has_request) {
        made.rows[0].erase("tid");
        made.note = "before 6.0 a worker's row has the worker's tid";
        if (err) {
            made.rows[0]["flags"] = {"O_RDONLY"};
            made.note += ", and of a failure O_CLOEXEC is not known";
        }
    }
    return made;
}

Route route(const char *name, const char *how, bool two, bool async, int err = 0)
{
    return {.name = name,
            .how = how,
            .make =
                [=](const TempDir &dir) {
                    return by_uring(err ? dir.at("nothing") : dir.file("one", "1"), two, async, err);
                },
            .needs = {{Hook::uring, "the kernel has no io_uring"},
                      {Hook::uring_req,
                       "before 6.0 the tracepoints of io_uring do not hand out the request",
                       {"raw_tp", "tracepoint"}}}};
}

} // namespace

std::vector<Route> open_uring()
{
    return {
        route("uring_openat", "io_uring's OPENAT", false, false),
        route("uring_openat_async", "OPENAT by a worker (IOSQE_ASYNC)", false, true),
        route("uring_openat2", "io_uring's OPENAT2", true, false),
        route("uring_openat2_async", "OPENAT2 by a worker", true, true),
        route("uring_openat_fails", "OPENAT, ENOENT", false, false, ENOENT),
        route("uring_openat_async_fails", "OPENAT by a worker, ENOENT", false, true, ENOENT),
        route("uring_openat2_fails", "OPENAT2, ENOENT", true, false, ENOENT),
        route("uring_openat2_async_fails", "OPENAT2 by a worker, ENOENT", true, true, ENOENT),
    };
}

} // namespace snoop::test
