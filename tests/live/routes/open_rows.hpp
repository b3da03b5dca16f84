// SPDX-License-Identifier: BSD-2-Clause
// An open that a route makes in a child, and the expected row.
//     return open_in_child({.opener = Opener::openat, .opening = {.path = file}});
#pragma once

#include "open_ways.hpp"
#include "process.hpp"
#include "route.hpp"

namespace snoop::test {

// The child is called so while it opens, and otherwise not.
inline constexpr const char *opener_comm = "opener";

struct Attempt {
    Opener opener;
    Opening opening;
    // Beside what follows from these: of flags other than O_RDONLY, of a mode, of a path that is
    // not opening's, of where one leads that fails and is relative.
    Json row = Json::object();
    int err = 0;                       // that it fails with
    std::function<void()> before = {}; // what the child does first
};

Made open_in_child(const Attempt &attempt);

// By another call, which returns a descriptor or -errno; `row` is what Attempt's is and what
// depends on the call: "path", "dirfd", "via", "abi".
Made open_in_child(const std::function<int()> &call, Json row, int err = 0, const std::function<void()> &before = {});

// By a handle of a file, in a file system that has handles. The row has no path, only where it leads.
Made open_handle_in_child(const TempDir &dir, int flags = 0, Json row = Json::object(), int err = 0);

} // namespace snoop::test
