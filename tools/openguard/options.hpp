// SPDX-License-Identifier: BSD-2-Clause
// The options of openguard: main.cpp reads them, rows and guards follow them.
//     Options options;
//     Guarding guarding{session, options};
#pragma once

#include <string>
#include <vector>

namespace snoop::openguard {

struct Options {
    std::vector<std::string> paths, inodes;
    bool enforce = false, extended = false;
};

} // namespace snoop::openguard
