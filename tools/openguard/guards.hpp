// SPDX-License-Identifier: BSD-2-Clause
// Finds the files to guard, and adds their entries to the maps.
//     const std::vector<Guarded> guarded = find_guarded(options);
//     GuardPlacer placer{skel, log};
#pragma once

#include "base/fd.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"
#include "openguard/link_search.hpp"
#include "openguard/options.hpp"
#include <snoop/openguard.h>

#include <cstdint>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "openguard.skel.h"

namespace snoop::openguard {

struct Guarded {
    std::string text{};  // as given
    Fd file{};           // O_PATH: while it is open, no other file gets the inode's number
    guard_inode inode{}; // given with --inode; such a guard has no file
    bool is_dir = true;
};

// Throws Error (exit 2) if a file or device does not exist.
std::vector<Guarded> find_guarded(const Options &options);

// The programs of --except-exe. Throws Error (exit 2) if one is not a regular file.
std::vector<Guarded> find_excepted(const Options &options);

// Fills the maps. A file's inode and device come from the kernel itself: the program `learn_inode` sees
// this process call stat. Throws Error (exit 3) if the kernel does not run the program.
class GuardPlacer {
public:
    GuardPlacer(openguard_bpf &skel, const Log &log);

    void place(const Guarded &guarded, std::uint32_t number);
    // Lets processes that run this program open guarded files.
    void except(const Guarded &program);
    // Guards the files below the directories that have several hard links, some of which may be elsewhere. The
    // programs follow what is opened, linked or moved meanwhile and later; with --enforce they let nobody rename a
    // directory while the search lasts. Takes a while in a large tree; returns false if a signal interrupted it.
    bool place_links(const std::vector<Guarded> &all);

private:
    LinkSearch::Result search_links(const Guarded &dir, std::uint32_t number);
    // If not `known`, the file is gone.
    guard_learned learn(int dirfd, const char *path, int flags, struct stat &about);
    void put(const std::string &path, const guard_inode &inode, guard guard);

    openguard_bpf &skel_;
    const Log &log_;
    Link learning_;
};

} // namespace snoop::openguard
