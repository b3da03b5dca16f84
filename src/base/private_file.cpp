// SPDX-License-Identifier: BSD-2-Clause
#include "base/private_file.hpp"
#include "base/error.hpp"
#include "base/users.hpp"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop {
namespace {

// The file as the command line names it.
struct Given {
    std::string_view option;
    const std::string &path;
};

[[noreturn]] void fail(const Given &given, int err)
{
    throw Error{exit_usage, "{}: cannot write '{}': {}", given.option, given.path, describe_errno(err)};
}

std::string directory_of(const std::string &path)
{
    const auto slash = path.find_last_of('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// root, who owns /dev, is nobody's attacker.
bool is_another_users(const struct stat &about)
{
    const auto caller = sudo_user();
    return about.st_uid != 0 && about.st_uid != geteuid() && (!caller || about.st_uid != caller->uid);
}

// As the kernel's protected_symlinks and protected_fifos, which not every system has turned on.
void refuse_trap(const Given &given, const struct stat &about)
{
    constexpr mode_t shared = S_ISVTX | S_IWOTH;
    struct stat directory {};

    if (stat(directory_of(given.path).c_str(), &directory) != 0)
        fail(given, errno);
    if ((directory.st_mode & shared) == shared && is_another_users(about))
        throw Error{exit_usage, "{}: '{}' is a {} of another user, who may read or misdirect what is written",
                    given.option, given.path, S_ISLNK(about.st_mode) ? "symbolic link" : "FIFO or socket"};
}

// Opens what is there. A regular file is emptied, if it is the user's own.
PrivateFile open_existing(const Given &given, int flags)
{
    PrivateFile file{.fd = Fd{open(given.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags)}};
    struct stat about {};

    if (!file.fd || fstat(file.fd.get(), &about) != 0)
        fail(given, errno);
    if (!S_ISREG(about.st_mode)) {
        refuse_trap(given, about); // it may have been put there since create_private_file() looked
        return file;
    }
    if (is_another_users(about))
        throw Error{exit_usage, "{}: '{}' is a file of another user: give another name", given.option, given.path};
    file.has_replaced = about.st_size > 0;
    const bool is_changeable = geteuid() == 0 || about.st_uid == geteuid();
    if (ftruncate(file.fd.get(), 0) != 0 || (is_changeable && fchmod(file.fd.get(), 0600) != 0))
        fail(given, errno);
    return file;
}

Fd create_new(const Given &given)
{
    Fd fd{open(given.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};

    if (!fd)
        fail(given, errno);
    if (const auto caller = sudo_user(); caller && fchown(fd.get(), caller->uid, caller->gid) != 0)
        fail(given, errno);
    return fd;
}

} // namespace

PrivateFile create_private_file(std::string_view option, const std::string &path)
{
    const Given given{option, path};
    struct stat about {};

    if (lstat(path.c_str(), &about) != 0) {
        if (errno != ENOENT)
            fail(given, errno);
        return {.fd = create_new(given)};
    }
    if (!S_ISREG(about.st_mode))
        refuse_trap(given, about);
    if (S_ISLNK(about.st_mode)) {
        if (stat(path.c_str(), &about) == 0)
            return open_existing(given, 0);
        throw Error{exit_usage, "{}: '{}' is a symbolic link to nothing: remove it, or give another name", given.option,
                    given.path};
    }
    if (!S_ISREG(about.st_mode) || unlink(path.c_str()) != 0)
        return open_existing(given, O_NOFOLLOW);
    return {.fd = create_new(given), .has_replaced = about.st_size > 0};
}

} // namespace snoop
