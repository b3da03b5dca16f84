// SPDX-License-Identifier: BSD-2-Clause
// An overlay in a temporary directory, unmounted with its object. The lower layer has one, other and folder/inner.
//     const Overlay overlay{dir};
//     open_it(overlay.merged + "/one");
#pragma once

#include "fixtures.hpp"

#include <string>
#include <sys/mount.h>

namespace snoop::test {

struct Overlay {
    explicit Overlay(const TempDir &dir)
        : lower(dir.folder("lower")), merged(dir.folder("merged")), tmpfs(dir.folder("upper")), upper(tmpfs + "/top")
    {
        dir.folder("lower/folder");
        for (const char *name : {"lower/one", "lower/other", "lower/folder/inner"})
            dir.file(name, "1");
        overlay_mount(lower, tmpfs, merged);
    }
    ~Overlay()
    {
        umount2(merged.c_str(), MNT_DETACH);
        umount2(tmpfs.c_str(), MNT_DETACH);
    }
    Overlay(const Overlay &) = delete;
    Overlay &operator=(const Overlay &) = delete;

    const std::string lower, merged, tmpfs, upper; // upper is below tmpfs
};

} // namespace snoop::test
