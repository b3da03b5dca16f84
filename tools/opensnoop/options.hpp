// SPDX-License-Identifier: BSD-2-Clause
// The options of opensnoop, set by main.cpp and used by the rows and hooks.
//     Options options;
//     const WantedPaths wanted = wanted_paths(session, options);
#pragma once

#include "opens/open_options.hpp"

namespace snoop::opensnoop {

struct Options : OpenOptions {
    bool extended = false, full_path = false;
};

} // namespace snoop::opensnoop
