// SPDX-License-Identifier: BSD-2-Clause
// Attacks from other mounts, roots and user namespaces.
#include "fixtures.hpp"
#include "openguard/attack.hpp"

#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// Bind-mounts `from` at out/mount in a user namespace, and reads the secret there.
int reads_bound(const Arena &a, const std::string &from, const std::string &to)
{
    return in_user_namespace([&] {
        const int err = mounts(from, a.outside("mount"), MS_BIND | MS_REC);
        return err ? err : reads(a.outside("mount") + to);
    });
}

int reads_bound_file(const Arena &a)
{
    return in_user_namespace([&] {
        const int err = mounts(a.secret, a.decoys + "/secret", MS_BIND);
        return err ? err : reads(a.decoys + "/secret");
    });
}

int reads_in_chroot(const Arena &a)
{
    return in_user_namespace([&] { return chroot(a.inner.c_str()) == 0 ? reads("/secret") : errno; });
}

// pivot_root(2) needs a root that is a mount, which the first one of a machine may not be.
int reads_after_pivot(const Arena &a)
{
    return in_user_namespace([&] {
        const int err = mounts(a.top, a.outside("mount"), MS_BIND | MS_REC);
        if (err || chroot(a.outside("mount").c_str()) != 0 || chdir("/") != 0)
            return err ? err : errno;
        if (mount("/keys", "/out/decoys", nullptr, MS_BIND, nullptr) != 0 || chdir("/out/decoys") != 0 ||
            syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0)
            return errno;
        return reads("/inner/secret");
    });
}

int reads_below_many_mounts(const Arena &a)
{
    return in_user_namespace([&] {
        for (int i = 0; i < 40; i++)
            if (const int err = mounts(a.inner, a.inner, MS_BIND))
                return err;
        return reads(a.secret);
    });
}

// A mount that is nowhere.
int reads_in_detached_mount(const Arena &a)
{
    return in_user_namespace([&] {
        const int tree = open_tree(AT_FDCWD, a.inner.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        return tree >= 0 ? reads(openat(tree, "secret", O_RDONLY | O_CLOEXEC)) : errno;
    });
}

// By /proc/PID/root of a process with other mounts.
int reads_by_other_process(const Arena &a)
{
    int ends[2];

    if (pipe(ends) != 0)
        return errno;
    const pid_t other = fork();
    if (other == 0)
        _exit(in_user_namespace([&] {
            const int err = mounts(a.inner, a.outside("mount"), MS_BIND);
            const pid_t pid = getpid();
            if (err || write(ends[1], &pid, sizeof(pid)) != sizeof(pid))
                return err ? err : errno;
            return pause();
        }));
    close(ends[1]);
    pid_t pid = 0;
    int err = ECHILD;
    if (read(ends[0], &pid, sizeof(pid)) == sizeof(pid)) {
        err = reads("/proc/" + std::to_string(pid) + "/root" + a.outside("mount/secret"));
        kill(pid, SIGKILL);
    }
    close(ends[0]);
    return waitpid(other, nullptr, 0) == other ? err : errno;
}

int reads_overlaid(const Arena &a, const std::string &options)
{
    return in_user_namespace([&] {
        const int err = mounts("overlay", a.outside("mount"), 0, "overlay", options);
        return err ? err : reads(a.outside("mount/secret"));
    });
}
int reads_lower(const Arena &a) { return reads_overlaid(a, "userxattr,lowerdir=" + a.inner + ":" + a.decoys); }
int reads_lower_above(const Arena &a)
{
    mkdir(a.outside("below").c_str(), 0755);
    return reads_overlaid(a, "userxattr,lowerdir=" + a.outside("below") + ":" + a.inner);
}
int reads_upper(const Arena &a)
{
    mkdir(a.outside("below").c_str(), 0755);
    mkdir(a.outside("work").c_str(), 0755);
    return reads_overlaid(a, "userxattr,lowerdir=" + a.outside("below") + ",upperdir=" + a.inner +
                                 ",workdir=" + a.outside("work"));
}

// Root mounts an overlay of the guarded directory, for whoever uses it.
void prepare_overlay(const Arena &a)
{
    private_mounts();
    mkdir(a.outside("mount").c_str(), 0755);
    overlay_mount(a.inner, a.decoys, a.outside("mount"));
}

// Root mounts the directory with owners that are mapped.
void prepare_idmapped(const Arena &a)
{
    private_mounts();
    mkdir(a.outside("mount").c_str(), 0755);
    idmapped_mount(a.inner, a.outside("mount"), attacker);
}
int reads_mounted(const Arena &a) { return reads(a.outside("mount/secret")); }

// A bind mount comes and goes on the way.
void remounts(const Arena &a)
{
    mount(a.inner.c_str(), a.decoys.c_str(), nullptr, MS_BIND, nullptr);
    umount2(a.decoys.c_str(), MNT_DETACH);
}

} // namespace

std::vector<Attack> namespaces()
{
    return {
        {.name = "user_namespace",
         .attempt = [](const Arena &a) { return in_user_namespace([&] { return reads(a.secret); }); },
         .needs = Hook::userns},
        {.name = "bind_mount",
         .attempt = [](const Arena &a) { return reads_bound(a, a.inner, "/secret"); },
         .needs = Hook::userns},
        {.name = "bind_mount_of_all",
         .attempt = [](const Arena &a) { return reads_bound(a, "/", a.secret); },
         .needs = Hook::userns},
        {.name = "bind_mount_of_file", .attempt = reads_bound_file, .needs = Hook::userns},
        {.name = "chroot", .attempt = reads_in_chroot, .needs = Hook::userns},
        {.name = "pivot_root", .attempt = reads_after_pivot, .needs = Hook::userns},
        {.name = "many_mounts", .attempt = reads_below_many_mounts, .needs = Hook::userns},
        {.name = "detached_mount", .attempt = reads_in_detached_mount, .needs = Hook::userns},
        {.name = "root_of_other_process", .attempt = reads_by_other_process, .needs = Hook::userns},
        {.name = "overlay", .attempt = reads_mounted, .prepare = prepare_overlay, .needs = Hook::overlay},
        {.name = "own_overlay", .attempt = reads_lower, .needs = Hook::userns_overlay},
        {.name = "own_overlay_lowest", .attempt = reads_lower_above, .needs = Hook::userns_overlay},
        {.name = "own_overlay_upper", .attempt = reads_upper, .needs = Hook::userns_overlay},
        {.name = "idmapped_mount", .attempt = reads_mounted, .prepare = prepare_idmapped, .needs = Hook::idmap},
        {.name = "mount_comes_and_goes",
         .attempt = [](const Arena &a) { return reads(a.decoys + "/secret"); },
         .rival = remounts,
         .prepare = [](const Arena &) { private_mounts(); },
         .keeps = 1u << CAP_SYS_ADMIN},
    };
}

} // namespace snoop::test
