// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/link_search.hpp"
#include "base/error.hpp"

#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace snoop::openguard {
namespace {

// Directories that stay open on the way down. In a deeper tree, the upper ones are opened again by "..".
constexpr std::size_t open_levels = 64;

// Before tracing, a signal ends a tool at once (base/stop.hpp), unless the caller has blocked it.
bool has_pending_signal()
{
    sigset_t pending;

    sigpending(&pending);
    return std::ranges::any_of(std::array{SIGINT, SIGTERM, SIGHUP},
                               [&](int signal) { return sigismember(&pending, signal) == 1; });
}

// openat2 is as old (5.6) as LSM programs (5.7).
Fd open_here(int dir, const char *name, unsigned flags)
{
    open_how how{};

    how.flags = flags | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
    return Fd{static_cast<int>(syscall(SYS_openat2, dir, name, &how, sizeof(how)))};
}

Fd open_dir(int dir, const char *name) { return open_here(dir, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK); }

// Something else has that name now, or is mounted there. What was moved was seen by the programs.
bool is_replaced(int err) { return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EXDEV; }

} // namespace

LinkSearch::Result LinkSearch::run(int dir, const std::string &path)
{
    path_ = path;
    levels_.clear();
    enter(dir, ".");
    while (!levels_.empty()) {
        if (has_pending_signal())
            return Result::interrupted;
        auto &folders = levels_.back().folders;
        if (folders.empty()) {
            if (!leave())
                return Result::moved;
            continue;
        }
        const std::string name = std::move(folders.back());
        folders.pop_back();
        path_.resize(levels_.back().path_size);
        path_ += "/" + name;
        enter(levels_.back().dir.get(), name);
    }
    return has_pending_signal() ? Result::interrupted : Result::complete;
}

void LinkSearch::enter(int parent, const std::string &name)
{
    Level level{.dir = open_dir(parent, name.c_str()), .path_size = path_.size()};

    if (!level.dir || fstat(level.dir.get(), &level.about) != 0) {
        if (!is_replaced(errno))
            complain(errno);
        return;
    }
    if (!read(level))
        complain(errno);
    levels_.push_back(std::move(level));
    if (levels_.size() > open_levels)
        levels_[levels_.size() - 1 - open_levels].dir.reset();
}

// Returns false, with errno set, if the directory could not be read to its end.
bool LinkSearch::read(Level &level)
{
    const std::unique_ptr<DIR, int (*)(DIR *)> dir{fdopendir(fcntl(level.dir.get(), F_DUPFD_CLOEXEC, 0)), closedir};

    if (!dir)
        return false;
    errno = 0;
    while (const dirent *entry = readdir(dir.get())) {
        const std::string_view name{entry->d_name};
        if (name != "." && name != "..")
            look_at(level, entry->d_name, entry->d_type);
        if (has_pending_signal())
            return true;
        errno = 0;
    }
    return errno == 0;
}

void LinkSearch::look_at(Level &level, const char *name, unsigned char type)
{
    const int dir = level.dir.get();
    struct stat about {};

    if (type == DT_DIR) {
        level.folders.emplace_back(name);
        return;
    }
    if (type == DT_LNK || fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return;
    if (S_ISDIR(about.st_mode)) {
        level.folders.emplace_back(name);
        return;
    }
    if (S_ISLNK(about.st_mode) || about.st_nlink < 2)
        return;
    const Fd file = open_here(dir, name, O_PATH);
    if (file && fstat(file.get(), &about) == 0 && about.st_dev == level.about.st_dev && !S_ISDIR(about.st_mode) &&
        !S_ISLNK(about.st_mode))
        found_(file.get(), path_.substr(0, level.path_size) + "/" + name);
}

// Returns false if the directory above is not the one that led here.
bool LinkSearch::leave()
{
    const Level below = std::move(levels_.back());

    levels_.pop_back();
    if (levels_.empty() || levels_.back().dir)
        return true;
    Level &level = levels_.back();
    struct stat about {};
    level.dir = open_dir(below.dir.get(), "..");
    return level.dir && fstat(level.dir.get(), &about) == 0 && about.st_dev == level.about.st_dev &&
           about.st_ino == level.about.st_ino;
}

void LinkSearch::complain(int err) const
{
    log_.line("cannot search for hard links in '{}': {}", path_, describe_errno(err));
}

} // namespace snoop::openguard
