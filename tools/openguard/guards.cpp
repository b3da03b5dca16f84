// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/guards.hpp"
#include "base/error.hpp"
#include "kernel/lsm.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/skeleton.hpp"
#include "openguard/row.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <fts.h>
#include <memory>
#include <sys/sysmacros.h>

namespace snoop::openguard {
namespace {

// Parses "8:1:131". Throws Error (exit 2).
Guarded parse_inode(const std::string &text)
{
    std::array<std::uint64_t, 3> parts{};
    const char *at = text.data(), *end = at + text.size();
    bool good = true;

    for (std::size_t i = 0; i < parts.size() && good; i++) {
        const auto [stop, err] = std::from_chars(at, end, parts[i]);
        const bool is_last = i + 1 == parts.size();
        good = err == std::errc{} && (is_last ? stop == end : stop != end && *stop == ':');
        at = stop + !is_last;
    }
    if (!good || parts[0] > 0xfff || parts[1] > 0xfffff || parts[2] == 0)
        throw Error{exit_usage, "--inode: invalid inode '{}': give MAJOR:MINOR:INODE, such as 8:1:131", text};
    const DeviceNumber dev{static_cast<std::uint32_t>(parts[0] << 20 | parts[1])};
    std::ifstream mounts{"/proc/self/mountinfo"};
    std::string line;
    // "36 35 8:1 / /mnt rw - ext4 /dev/sda1 rw"
    while (std::getline(mounts, line))
        if (line.find(" " + to_string(dev) + " ") != line.npos)
            return {.text = text, .inode = {.ino = parts[2], .dev = dev.number, .pad = 0}};
    throw Error{exit_usage, "--inode: no mounted file system has device number {}; see /proc/self/mountinfo",
                to_string(dev)};
}

// Throws Error (exit 2).
Guarded open_guarded(const std::string &path)
{
    Guarded guarded{.text = path, .file = Fd{open(path.c_str(), O_PATH | O_CLOEXEC)}};
    struct stat about {};

    if (!guarded.file || fstat(guarded.file.get(), &about) != 0)
        throw Error{exit_usage, "cannot guard '{}': {}", path, describe_errno(errno)};
    guarded.is_dir = S_ISDIR(about.st_mode);
    return guarded;
}

// Signals are blocked until the event loop waits for them.
bool has_pending_signal()
{
    sigset_t pending;

    sigpending(&pending);
    return std::ranges::any_of(std::array{SIGINT, SIGTERM, SIGHUP},
                               [&](int signal) { return sigismember(&pending, signal) == 1; });
}

// Each btrfs subvolume numbers its inodes from 256 on. stat() reports a separate device number for each, which
// differs from the kernel's.
bool has_subvolumes(const guard_learned &what, const struct stat &about)
{
    return (major(about.st_dev) << 20 | minor(about.st_dev)) != what.dev;
}

} // namespace

std::vector<Guarded> find_guarded(const Options &options)
{
    std::vector<Guarded> all;

    for (const auto &inode : options.inodes)
        all.push_back(parse_inode(inode));
    for (const auto &path : options.paths)
        all.push_back(open_guarded(path));
    return all;
}

GuardPlacer::GuardPlacer(openguard_bpf &skel, const Log &log)
    : skel_(skel), log_(log), learning_(bpf_program__attach(skel.progs.learn_inode))
{
    if (!learning_)
        throw_bpf_error(log, "attach", errno);
}

void GuardPlacer::place(const Guarded &guarded, std::uint32_t number)
{
    if (!guarded.file) {
        put(guarded.text, guarded.inode, {.flags = GUARD_ITSELF, .number = number, .generation = 0, .pad = 0});
        return;
    }
    struct stat about {};
    const guard_learned what = learn(guarded.file.get(), "", AT_EMPTY_PATH, about);
    const guard guard{.flags = static_cast<__u32>(guarded.is_dir ? GUARD_DIR : GUARD_FILE),
                      .number = number,
                      .generation = has_subvolumes(what, about) ? what.generation : 0,
                      .pad = 0};

    put(guarded.text, {what.ino, what.dev, 0}, guard);
    if (what.named) {
        guard_name name{.dir = {what.dir_ino, what.dir_dev, 0}, .name = {}};
        std::memcpy(name.name, what.name, sizeof(name.name));
        put(guarded.text, name.dir, {GUARD_NAMES, number, what.dir_generation, 0});
        snoop::put(skel_.maps.guard_names, &name, &guard);
    }
    log_.detail("'{}' is {}:{}", guarded.text, to_string(DeviceNumber{what.dev}), what.ino);
}

bool GuardPlacer::place_links(const Guarded &dir, std::uint32_t number)
{
    std::array<char *, 2> roots{const_cast<char *>(dir.text.c_str()), nullptr};
    const std::unique_ptr<FTS, int (*)(FTS *)> tree{
        fts_open(roots.data(), FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, nullptr), fts_close};
    const auto has_many_names = [](const FTSENT *entry) {
        return (entry->fts_info == FTS_F || entry->fts_info == FTS_DEFAULT) && entry->fts_statp->st_nlink > 1;
    };

    if (!tree)
        throw Error{exit_runtime, "cannot read '{}': {}", dir.text, describe_errno(errno)};
    while (const FTSENT *entry = fts_read(tree.get())) {
        struct stat about {};
        if (has_pending_signal())
            return false;
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            log_.line("cannot search for hard links in '{}': {}", entry->fts_path, describe_errno(entry->fts_errno));
        else if (has_many_names(entry))
            if (const auto what = learn(AT_FDCWD, entry->fts_path, AT_SYMLINK_NOFOLLOW, about); what.known)
                put(entry->fts_path, {what.ino, what.dev, 0}, {GUARD_FILE, number, what.generation, 0});
    }
    return true;
}

guard_learned GuardPlacer::learn(int dirfd, const char *path, int flags, struct stat &about)
{
    skel_.bss->state.learned = {};
    const bool is_there = fstatat(dirfd, path, &about, flags) == 0;
    if (is_there && !skel_.bss->state.learned.known)
        throw Error{exit_lacks, "this kernel does not call LSM programs: {}", lsm::how_to_enable(lsm::active())};
    return skel_.bss->state.learned;
}

void GuardPlacer::put(const std::string &path, const guard_inode &inode, guard guard)
{
    ::guard known{};

    if (bpf_map_lookup_elem(bpf_map__fd(skel_.maps.guards), &inode, &known) == 0) {
        if (known.generation && guard.generation && known.generation != guard.generation)
            throw Error{
                exit_runtime,
                "'{}' has the same inode number as another guarded file in another subvolume: guard them with two "
                "runs of openguard",
                path};
        if (known.flags & GUARD_ITSELF)
            guard.number = known.number;
        guard.flags |= known.flags;
        guard.generation = known.generation && guard.generation ? guard.generation : 0;
    }
    snoop::put(skel_.maps.guards, &inode, &guard);
}

} // namespace snoop::openguard
