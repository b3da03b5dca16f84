// SPDX-License-Identifier: BSD-2-Clause
// Failed opens: one of each call, and one of each reason.
#include "exec_ways.hpp"
#include "open_rows.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

const Need legacy{Hook::legacy_open, "arm64 has neither open nor creat, openat alone"};
const Need ia32{Hook::ia32, "32-bit x86 calls are of x86-64 only"};
const Need ia32_by_tracepoint{Hook::tp_btf, "32-bit calls have no tracepoint of their own", {"tracepoint"}};
const Json creat_flags{"O_WRONLY", "O_CREAT", "O_TRUNC"};

// A file that does not exist.
Made nothing(const TempDir &dir, Opener opener)
{
    return open_in_child({.opener = opener, .opening = {.path = dir.at("nothing")}, .err = ENOENT});
}

// creat of a directory.
Made a_directory(const TempDir &dir, Opener opener)
{
    return open_in_child({.opener = opener,
                          .opening = {.path = dir.path(), .mode = 0600},
                          .row = {{"flags", creat_flags}, {"mode", "0600"}},
                          .err = EISDIR});
}

// Below a directory's descriptor, by openat2.
Made refused(const TempDir &dir, const std::string &path, std::uint64_t resolve, const std::string &resolved, int err)
{
    const Fd folder{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
    return open_in_child({.opener = Opener::openat2,
                          .opening = {.path = path, .dirfd = folder.get(), .resolve = resolve},
                          .row = {{"resolved", resolved}},
                          .err = err});
}

// The handle of a file, opened as a directory.
Made handle_of_a_file(const TempDir &dir)
{
    return open_handle_in_child(dir, O_DIRECTORY, {{"resolved", nullptr}, {"flags", {"O_RDONLY", "O_DIRECTORY"}}},
                                ENOTDIR);
}

Made of_exec(const TempDir &dir)
{
    const std::string path = dir.at("nothing");
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, opener_comm);
        _exit(exec_ve(path, {opener_comm}));
    });
    check(done.status == W_EXITCODE(ENOENT, 0), "execve of " + path);
    return {.rows = {{{"comm", opener_comm},
                      {"pid", done.pid},
                      {"ret", -ENOENT},
                      {"fd", nullptr},
                      {"errno", "ENOENT"},
                      {"flags", {"O_RDONLY"}},
                      {"path", path},
                      {"resolved", path},
                      {"via", "exec"},
                      {"abi", 64}}}};
}

// By openat; what makes it fail is in the path, or in what the child does first.
Route for_a_reason(const char *name, const char *how, int err, std::function<Opening(const TempDir &)> opening,
                   Json row = Json::object(), std::function<void()> before = {})
{
    return {name, how, [=](const TempDir &dir) {
                return open_in_child(
                    {.opener = Opener::openat, .opening = opening(dir), .row = row, .err = err, .before = before});
            }};
}

} // namespace

std::vector<Route> open_failures()
{
    const auto of = [](Opener opener) { return [opener](const TempDir &dir) { return nothing(dir, opener); }; };
    const auto creat = [](Opener opener) { return [opener](const TempDir &dir) { return a_directory(dir, opener); }; };
    const auto path = [](std::string at, int flags = O_RDONLY, unsigned mode = 0) {
        return Opening{.path = std::move(at), .flags = flags, .mode = mode};
    };

    return {
        {"openat_fails", "openat, ENOENT", of(Opener::openat)},
        {"open_fails", "open, ENOENT", of(Opener::open), {legacy}},
        {"creat_fails", "creat, EISDIR", creat(Opener::creat), {legacy}},
        {"openat2_fails", "openat2 with RESOLVE_NO_SYMLINKS, ELOOP",
         [](const TempDir &dir) {
             check(symlink("one", dir.at("link").c_str()) == 0, "symlink");
             return refused(dir, "link", RESOLVE_NO_SYMLINKS, dir.at("link"), ELOOP);
         }},
        {"openat2_beneath_fails", "openat2 with RESOLVE_BENEATH, EXDEV",
         [](const TempDir &dir) { return refused(dir, "/etc", RESOLVE_BENEATH, "/etc", EXDEV); }},
        {"handle_fails", "open_by_handle_at, ENOTDIR", handle_of_a_file},
        {"ia32_open_fails", "a 32-bit open, ENOENT", of(Opener::open32), {ia32, ia32_by_tracepoint}},
        {"ia32_openat_fails", "a 32-bit openat, ENOENT", of(Opener::openat32), {ia32, ia32_by_tracepoint}},
        {"ia32_creat_fails", "a 32-bit creat, EISDIR", creat(Opener::creat32), {ia32, ia32_by_tracepoint}},
        {"exec_fails", "by execve, ENOENT", of_exec},
        {"empty", "an empty path, ENOENT",
         [](const TempDir &dir) {
             const Fd folder{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
             return open_in_child({.opener = Opener::openat,
                                   .opening = {.path = "", .dirfd = folder.get()},
                                   .row = {{"resolved", dir.path()}},
                                   .err = ENOENT});
         }},
        for_a_reason("eloop", "ELOOP", ELOOP,
                     [=](const TempDir &dir) {
                         check(symlink("loop", dir.at("loop").c_str()) == 0, "symlink");
                         return path(dir.at("loop"));
                     }),
        for_a_reason("enotdir", "ENOTDIR", ENOTDIR,
                     [=](const TempDir &dir) { return path(dir.file("one", "1") + "/below"); }),
        for_a_reason("eisdir", "EISDIR", EISDIR, [=](const TempDir &dir) { return path(dir.path(), O_WRONLY); },
                     {{"flags", {"O_WRONLY"}}}),
        for_a_reason("eexist", "EEXIST", EEXIST,
                     [=](const TempDir &dir) { return path(dir.path(), O_WRONLY | O_CREAT | O_EXCL, 0600); },
                     {{"flags", {"O_WRONLY", "O_CREAT", "O_EXCL"}}, {"mode", "0600"}}),
        for_a_reason("enametoolong", "ENAMETOOLONG", ENAMETOOLONG,
                     [=](const TempDir &dir) { return path(dir.at(std::string(300, 'n'))); }),
        for_a_reason(
            "eacces", "EACCES", EACCES, [=](const TempDir &dir) { return path(dir.file("secret", "", 0600)); },
            Json::object(), [] { become(1000, 1000); }),
        for_a_reason(
            "emfile", "EMFILE", EMFILE, [=](const TempDir &dir) { return path(dir.file("one", "1")); }, Json::object(),
            [] {
                const rlimit none{3, 3};
                setrlimit(RLIMIT_NOFILE, &none);
            }),
        for_a_reason("ebadf", "EBADF, of a directory's descriptor", EBADF,
                     [](const TempDir &) { return Opening{.path = "one", .dirfd = 999}; }, {{"resolved", nullptr}}),
        for_a_reason("efault", "EFAULT", EFAULT,
                     [](const TempDir &) { return Opening{.raw = reinterpret_cast<const char *>(8)}; },
                     {{"path", nullptr}, {"resolved", nullptr}, {"faulted", true}}),
        {"einval", "openat2 with a flag that does not exist, EINVAL",
         [](const TempDir &dir) {
             return open_in_child({.opener = Opener::openat2,
                                   .opening = {.path = dir.file("one", "1"), .flags = 0x40000000},
                                   .row = {{"flags", {"O_RDONLY", "0x40000000"}}},
                                   .err = EINVAL});
         }},
    };
}

} // namespace snoop::test
