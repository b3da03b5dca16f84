// SPDX-License-Identifier: BSD-2-Clause
#include "fixtures.hpp"

#include "process.hpp"

#include "kernel/system.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sstream>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

void check(bool good, std::string_view what)
{
    if (!good)
        throw std::runtime_error(fmt::format("{}: {}", what, strerror(errno)));
}

} // namespace

std::string marker()
{
    static int count = 0;

    return fmt::format("m{}-{}z", getpid(), ++count);
}

std::string read_file(const std::string &path)
{
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;

    text << file.rdbuf();
    return text.str();
}

void write_file(const std::string &path, std::string_view bytes, mode_t mode)
{
    const Fd fd{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};

    check(static_cast<bool>(fd), path);
    check(write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), path);
    check(fchmod(fd.get(), mode) == 0, path);
}

void tell_kernel(const std::string &path, std::string_view text)
{
    const Fd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};

    check(fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), path);
}

TempDir::TempDir() : path_("/tmp/snoop-test-XXXXXX")
{
    check(mkdtemp(path_.data()) != nullptr, "mkdtemp");
    check(chmod(path_.c_str(), 0755) == 0, path_);
}

TempDir::~TempDir()
{
    std::error_code ignored; // a mount in it that another process still uses
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::file(std::string_view name, std::string_view bytes, mode_t mode) const
{
    write_file(at(name), bytes, mode);
    return at(name);
}

std::string TempDir::program(std::string_view name, int exit_code) const
{
    return file(name, program_bytes(exit_code), 0755);
}

std::string TempDir::waiting_program(std::string_view name) const { return file(name, waiting_program_bytes(), 0755); }

std::string TempDir::folder(std::string_view name) const
{
    std::filesystem::create_directories(at(name));
    return at(name);
}

User ordinary_user()
{
    std::optional<User> best;

    setpwent();
    while (const passwd *entry = getpwent())
        if (entry->pw_uid >= 1000 && (!best || entry->pw_uid < best->uid))
            best = User{entry->pw_uid, entry->pw_gid, entry->pw_name};
    endpwent();
    if (!best)
        throw std::runtime_error("/etc/passwd names no user but those of the system");
    return *best;
}

void become(uid_t uid, gid_t gid)
{
    check(setgroups(0, nullptr) == 0, "setgroups");
    check(setresgid(gid, gid, gid) == 0, "setresgid");
    check(setresuid(uid, uid, uid) == 0, "setresuid");
}

void private_mounts()
{
    check(unshare(CLONE_NEWNS) == 0, "unshare(CLONE_NEWNS)");
    check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount --make-rprivate /");
}

void cover(const std::string &path, const std::string &options)
{
    if (access(path.c_str(), F_OK) == 0)
        check(mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0, "mount tmpfs " + path);
}

TmpFs::~TmpFs() { umount2(path_.c_str(), MNT_DETACH); }

void bind_mount(const std::string &from, const std::string &to)
{
    check(mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0, "mount --bind " + from);
}

void idmapped_mount(const std::string &from, const std::string &to, uid_t uid)
{
    auto [ready, unshared] = make_pipe();
    Process mapper{[&, &unshared = unshared] {
        check(unshare(CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
        unshared.reset();
        pause();
    }};
    unshared.reset();
    check(wait_readable(ready.get(), limit()), "a user namespace");
    tell_kernel(fmt::format("/proc/{}/uid_map", mapper.pid()), fmt::format("{} 0 1", uid));
    tell_kernel(fmt::format("/proc/{}/gid_map", mapper.pid()), fmt::format("{} 0 1", uid));
    const Fd mapping{open(fmt::format("/proc/{}/ns/user", mapper.pid()).c_str(), O_RDONLY | O_CLOEXEC)};
    const Fd tree{open_tree(AT_FDCWD, from.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)};
    mount_attr how{};
    how.attr_set = MOUNT_ATTR_IDMAP;
    how.userns_fd = static_cast<std::uint64_t>(mapping.get());
    check(tree && mount_setattr(tree.get(), "", AT_EMPTY_PATH, &how, sizeof(how)) == 0, "mount_setattr " + from);
    check(move_mount(tree.get(), "", AT_FDCWD, to.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0, "move_mount " + to);
}

void overlay_mount(const std::string &lower, const std::string &upper, const std::string &to)
{
    cover(upper, "size=1m,mode=755");
    const std::string top = upper + "/top", work = upper + "/work";
    check(mkdir(top.c_str(), 0755) == 0 && mkdir(work.c_str(), 0755) == 0, top);
    check(mount("overlay", to.c_str(), "overlay", 0,
                fmt::format("lowerdir={},upperdir={},workdir={}", lower, top, work).c_str()) == 0,
          "mount -t overlay " + to);
}

void add_binary_format(const std::string &place, const std::string &name, const std::string &magic,
                       const std::string &interpreter)
{
    check(mount("binfmt_misc", place.c_str(), "binfmt_misc", 0, nullptr) == 0, "mount -t binfmt_misc " + place);
    tell_kernel(place + "/register", fmt::format(":{}:M::{}::{}:", name, magic, interpreter));
}

Cgroup::Cgroup(const Cgroup *above, const std::string &name)
{
    const auto mount = cgroup2_mount();

    if (!above && !mount)
        throw std::runtime_error("cgroup v2 is not mounted");
    path_ = (above ? above->path() : *mount) + "/" + (name.empty() ? "snoop-test-" + marker() : name);
    check(mkdir(path_.c_str(), 0755) == 0, path_);
}

Cgroup::~Cgroup()
{
    // A process that has just ended may still be in it for a moment.
    eventually([&] { return rmdir(path_.c_str()) == 0 || errno != EBUSY; });
}

std::uint64_t Cgroup::id() const
{
    struct stat info {};

    check(stat(path_.c_str(), &info) == 0, path_);
    return info.st_ino;
}

void Cgroup::enter() const { tell_kernel(path_ + "/cgroup.procs", "0"); }

std::optional<std::string> cgroup2_mount() { return kernel::cgroup2_mount(); }

} // namespace snoop::test
