// SPDX-License-Identifier: BSD-2-Clause
// Opens by each system call, with all kinds of flags.
#include "exec_ways.hpp"
#include "open_rows.hpp"
#include "shared.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

const Json creat_flags{"O_WRONLY", "O_CREAT", "O_TRUNC"};
const Need legacy{Hook::legacy_open, "arm64 has neither open nor creat, openat alone"};
const Need ia32{Hook::ia32, "32-bit x86 calls are of x86-64 only"};
const Need ia32_by_tracepoint{Hook::tp_btf, "32-bit calls have no tracepoint of their own", {"tracepoint"}};

// Opens an existing file, by a call that takes a path and flags.
Made plain(const TempDir &dir, Opener opener)
{
    return open_in_child({.opener = opener, .opening = {.path = dir.file("one", "1")}});
}

// Opens a file that the call creates.
Made creating(const TempDir &dir, Opener opener, int flags, const Json &flag_names)
{
    return open_in_child({.opener = opener,
                          .opening = {.path = dir.at("made"), .flags = flags, .mode = 0640},
                          .row = {{"flags", flag_names}, {"mode", "0640"}}});
}

Made without_a_name(const TempDir &dir)
{
    const std::string mount = dir.folder("mount");
    return open_in_child({.opener = Opener::openat,
                          .opening = {.path = mount, .flags = O_TMPFILE | O_RDWR, .mode = 0600},
                          .row = {{"flags", {"O_RDWR", "O_TMPFILE"}}, {"mode", "0600"}},
                          .before = [&] {
                              private_mounts();
                              cover(mount);
                          }});
}

Made by_a_thread(const TempDir &dir)
{
    const std::string path = dir.file("one", "1");
    const Shared<pid_t> tid;
    Made made = open_in_child(
        [&] {
            int ret = 0;
            std::thread{[&] {
                *tid = static_cast<pid_t>(syscall(SYS_gettid));
                ret = open_call(Opener::openat, {.path = path});
            }}.join();
            return ret;
        },
        {{"path", path}, {"dirfd", AT_FDCWD}, {"via", "openat"}, {"abi", 64}});
    made.rows[0]["tid"] = *tid;
    return made;
}

// The row of an open by exec. The process has its old name in some hooks, which run
// before its name changes, others after.
Json filp_open_row(const Ended &done, const std::string &path)
{
    return {{"event", "open"}, {"comm", opener_comm}, {"pid", done.pid},  {"tid", done.pid},
            {"ret", 0},        {"fd", nullptr},       {"errno", nullptr}, {"flags", {"O_RDONLY"}},
            {"mode", nullptr}, {"path", path},        {"resolved", path}, {"via", "exec"},
            {"abi", 64},       {"truncated", false},  {"faulted", false}};
}

Ended executed(const std::string &path, int err = 0)
{
    const Ended done = in_child([&] {
        prctl(PR_SET_NAME, opener_comm);
        _exit(exec_ve(path, {opener_comm}));
    });
    check(done.status == W_EXITCODE(err, 0), "execve of " + path);
    return done;
}

Made by_exec(const TempDir &dir)
{
    const std::string path = dir.program(opener_comm);
    return {.rows = {filp_open_row(executed(path), path)}};
}

Made by_exec_of_a_script(const TempDir &dir)
{
    const std::string interp = dir.program("interp"), path = dir.file(opener_comm, "#!" + interp + "\n", 0755);
    const Ended done = executed(path);
    return {.rows = {filp_open_row(done, path), filp_open_row(done, interp)}};
}

Made by_exec_of_a_dynamic_program(const TempDir &dir)
{
    const std::string loader = dir.file("loader", loader_bytes(), 0755);
    const std::string path = dir.file(opener_comm, dynamic_program_bytes(loader), 0755);
    const Ended done = executed(path);
    return {.rows = {filp_open_row(done, path), filp_open_row(done, loader)}};
}

} // namespace

std::vector<Route> open_calls()
{
    const auto by = [](Opener opener) { return [opener](const TempDir &dir) { return plain(dir, opener); }; };

    return {
        {"openat", "openat", by(Opener::openat)},
        {"open", "open", by(Opener::open), {legacy}},
        {"creat", "creat", [](const TempDir &dir) { return creating(dir, Opener::creat, 0, creat_flags); }, {legacy}},
        {"openat2", "openat2", by(Opener::openat2)},
        {"openat2_resolve", "openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS",
         [](const TempDir &dir) {
             dir.file("one", "1");
             const Fd folder{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
             return open_in_child({.opener = Opener::openat2,
                                   .opening = {.path = "one",
                                               .dirfd = folder.get(),
                                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS}});
         }},
        {"handle", "open_by_handle_at", [](const TempDir &dir) { return open_handle_in_child(dir); }},
        {"ia32_open", "a 32-bit open, `int 0x80`", by(Opener::open32), {ia32, ia32_by_tracepoint}},
        {"ia32_openat",
         "a 32-bit openat",
         [](const TempDir &dir) {
             return creating(dir, Opener::openat32, O_CREAT | O_WRONLY, {"O_WRONLY", "O_CREAT"});
         },
         {ia32, ia32_by_tracepoint}},
        {"ia32_creat",
         "a 32-bit creat",
         [](const TempDir &dir) { return creating(dir, Opener::creat32, 0, creat_flags); },
         {ia32, ia32_by_tracepoint}},
        {"tmpfile", "O_TMPFILE", without_a_name},
        {"o_path", "O_PATH of a symbolic link itself",
         [](const TempDir &dir) {
             const std::string link = dir.at("link");
             check(symlink("one", link.c_str()) == 0, link);
             return open_in_child({.opener = Opener::openat,
                                   .opening = {.path = link, .flags = O_PATH | O_NOFOLLOW},
                                   .row = {{"flags", {"O_RDONLY", "O_NOFOLLOW", "O_PATH"}}}});
         }},
        {"o_excl", "O_CREAT and O_EXCL",
         [](const TempDir &dir) {
             return creating(dir, Opener::openat, O_WRONLY | O_CREAT | O_EXCL, {"O_WRONLY", "O_CREAT", "O_EXCL"});
         }},
        {"flags", "O_APPEND, O_NONBLOCK and O_CLOEXEC",
         [](const TempDir &dir) {
             return open_in_child(
                 {.opener = Opener::openat,
                  .opening = {.path = dir.file("one", "1"), .flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK},
                  .row = {{"flags", {"O_RDWR", "O_APPEND", "O_NONBLOCK", "O_CLOEXEC"}}}});
         }},
        {"o_directory", "O_DIRECTORY",
         [](const TempDir &dir) {
             return open_in_child({.opener = Opener::openat,
                                   .opening = {.path = dir.folder("folder"), .flags = O_DIRECTORY},
                                   .row = {{"flags", {"O_RDONLY", "O_DIRECTORY"}}}});
         }},
        {"thread", "by a thread", by_a_thread},
        {"exec", "by execve: the program", by_exec},
        {"exec_script", "by execve: a script and its interpreter", by_exec_of_a_script},
        {"exec_loader",
         "by execve: a dynamic program and its loader",
         by_exec_of_a_dynamic_program,
         {},
         {{"raw_tp", "the tracepoint of exec tells of the program, not of its loader"},
          {"tracepoint", "the tracepoint of exec tells of the program, not of its loader"}}},
    };
}

} // namespace snoop::test
