// SPDX-License-Identifier: BSD-2-Clause
// The options of openguard, set by main.cpp and used by the rows and guards.
//     Options options;
//     Guarding guarding{session, options};
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snoop::openguard {

struct Options {
    std::vector<std::string> paths, inodes;
    std::uint32_t entries = 0; // of the map of guards; 0: by the number of guards
    bool enforce = false, extended = false;
};

} // namespace snoop::openguard
