// SPDX-License-Identifier: BSD-2-Clause
// Programs executed in different places and namespaces, and how they end.
#include "exec_rows.hpp"
#include "shared.hpp"

#include <fmt/format.h>

#include <csignal>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

void enter(const std::string &folder) { check(chdir(folder.c_str()) == 0, "chdir " + folder); }

// Root inside, an ordinary user outside: the row has the outer uid.
Made in_a_user_namespace(const TempDir &dir)
{
    const Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    const User user = ordinary_user();
    const Ended done = by_execve(exec, 0, [&] {
        become(user.uid, user.gid);
        // Or what /proc has of it would be root's.
        check(prctl(PR_SET_DUMPABLE, 1) == 0 && unshare(CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
        tell_kernel("/proc/self/uid_map", fmt::format("0 {} 1", user.uid));
        check(getuid() == 0, "root inside");
    });
    return {.rows = {exec_row(done, exec, {{"uid", user.uid}, {"gid", user.gid}, {"user", user.name}})}};
}

// Its child is the first process there; outside it has a number as all others.
Made in_a_pid_namespace(const TempDir &dir)
{
    const Exec exec{.path = dir.program("prog"), .argv = {"zero", marker()}};
    const Shared<Ended> inner;
    const Ended outer = in_child([&] {
        check(unshare(CLONE_NEWPID) == 0, "unshare(CLONE_NEWPID)");
        *inner = run(exec);
    });
    check(outer.status == 0 && inner->status == 0, "a pid namespace");
    return {.rows = {exec_row(*inner, exec, {{"ppid", outer.pid}, {"ns_pid", 1}})}};
}

// On a file system in a private mount namespace.
Made in_a_mount_namespace(const TempDir &dir)
{
    const std::string mount = dir.folder("mount");
    const Exec exec{.path = mount + "/prog", .argv = {"zero", marker()}};
    const Ended done = by_execve(exec, 0, [&] {
        private_mounts();
        cover(mount);
        write_file(exec.path, program_bytes(0), 0755);
        enter(mount);
    });
    return {.rows = {exec_row(done, exec, {{"cwd", mount}})}};
}

// The path is that inside, the working directory that from the real root on.
Made in_a_chroot(const TempDir &dir)
{
    const std::string root = dir.folder("root"), sub = dir.folder("root/sub");
    const Exec exec{.path = "/prog", .argv = {"zero", marker()}};
    dir.program("root/prog");
    const Ended done = by_execve(exec, 0, [&] {
        check(chroot(root.c_str()) == 0, "chroot");
        enter("/sub");
    });
    return {.rows = {exec_row(done, exec, {{"cwd", sub}})}};
}

Made ends_with(const TempDir &dir, const std::string &bytes, int status)
{
    const Exec exec{.path = dir.file("prog", bytes, 0755), .argv = {"zero", marker()}};
    const Ended done = by_execve(exec, status, [] {
        const rlimit none{};
        setrlimit(RLIMIT_CORE, &none);
    });
    const Json end = ending(status);
    // No other tool has a column for it.
    return {.rows = {exec_row(done, exec)},
            .words = {exec.argv[1], end["signal"].is_null() ? "exit code 42" : end["signal"].get<std::string>()}};
}

} // namespace

std::vector<Route> exec_places()
{
    return {
        {"user_namespace",
         "in a user namespace, as its root",
         in_a_user_namespace,
         {{Hook::userns, "the kernel has no user namespaces"}}},
        {"pid_namespace", "in a pid namespace", in_a_pid_namespace},
        {"mount_namespace", "in a mount namespace, from a mount of its own", in_a_mount_namespace},
        {"chroot", "in a chroot", in_a_chroot},
        {"exits_42", "a process that exits with 42 (`--exit`)",
         [](const TempDir &dir) { return ends_with(dir, program_bytes(42), W_EXITCODE(42, 0)); }},
        {"dies_of_sigsegv", "a process that dies of SIGSEGV (`--exit`)",
         [](const TempDir &dir) { return ends_with(dir, crashing_program_bytes(), SIGSEGV); }},
    };
}

} // namespace snoop::test
