// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/guards.hpp"
#include "base/error.hpp"
#include "kernel/lsm.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/skeleton.hpp"
#include "openguard/link_search.hpp"
#include "openguard/row.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/sysmacros.h>
#include <utility>

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

std::vector<Guarded> find_excepted(const Options &options)
{
    std::vector<Guarded> all;

    for (const auto &path : options.except_exes) {
        struct stat about {};
        Guarded program{.text = path, .file = Fd{open(path.c_str(), O_PATH | O_CLOEXEC)}, .is_dir = false};
        if (!program.file || fstat(program.file.get(), &about) != 0)
            throw Error{exit_usage, "--except-exe: cannot find '{}': {}", path, describe_errno(errno)};
        if (!S_ISREG(about.st_mode))
            throw Error{exit_usage, "--except-exe: '{}' is not a program: give the path of an executable file", path};
        all.push_back(std::move(program));
    }
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
    if (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode))
        put(guarded.text,
            {.ino = major(about.st_rdev) << 20 | minor(about.st_rdev),
             .dev = static_cast<__u32>(S_ISCHR(about.st_mode) ? GUARD_CHAR_DEVICES : GUARD_BLOCK_DEVICES),
             .pad = 0},
            guard);
    log_.detail("'{}' is {}:{}", guarded.text, to_string(DeviceNumber{what.dev}), what.ino);
}

void GuardPlacer::except(const Guarded &program)
{
    struct stat about {};
    const guard_learned what = learn(program.file.get(), "", AT_EMPTY_PATH, about);
    const guard_inode key{what.ino, what.dev, 0};
    const __u8 one = 1;

    snoop::put(skel_.maps.excepted_exes, &key, &one);
}

bool GuardPlacer::place_links(const std::vector<Guarded> &all)
{
    constexpr int most_searches = 3;
    auto &state = skel_.bss->state;
    const auto moved_dirs = [&] { return __atomic_load_n(&state.moved_dirs, __ATOMIC_SEQ_CST); };
    bool complete = false;

    // A search must not end before the next one begins: a file may be moved from one tree to another.
    __atomic_store_n(&state.searching, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < most_searches && !complete; i++) {
        const auto moved_before = moved_dirs();
        complete = true;
        for (std::uint32_t number = 0; number < all.size(); number++) {
            const auto result = search_links(all[number], number);
            if (result == LinkSearch::Result::interrupted)
                return false;
            complete = complete && result == LinkSearch::Result::complete;
        }
        complete = complete && moved_before == moved_dirs();
    }
    __atomic_store_n(&state.searching, 0, __ATOMIC_SEQ_CST);
    if (!complete)
        log_.line("directories were renamed each time that they were searched for hard links: other names of files in "
                  "them may not be guarded");
    return true;
}

LinkSearch::Result GuardPlacer::search_links(const Guarded &dir, std::uint32_t number)
{
    LinkSearch search{
        log_, [&](int file, const std::string &path) {
            struct stat about {};
            if (const auto what = learn(file, "", AT_EMPTY_PATH, about); what.known)
                put(path, {what.ino, what.dev, 0}, {GUARD_FILE | GUARD_FOLLOWED, number, what.generation, 0});
        }};

    return dir.file && dir.is_dir ? search.run(dir.file.get(), dir.text) : LinkSearch::Result::complete;
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
    const __u8 one = 1;
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
    if (guard.flags & GUARD_DIR)
        snoop::put(skel_.maps.guard_devices, &inode.dev, &one);
    if (bpf_map_update_elem(bpf_map__fd(skel_.maps.guards), &inode, &guard, BPF_ANY) == 0)
        return;
    if (errno == E2BIG)
        throw Error{exit_runtime, "cannot guard '{}': the map of guards is full: give --entries more than {}", path,
                    bpf_map__max_entries(skel_.maps.guards)};
    throw Error{exit_runtime, "cannot guard '{}': {}", path, describe_errno(errno)};
}

} // namespace snoop::openguard
