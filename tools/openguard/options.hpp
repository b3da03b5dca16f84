// SPDX-License-Identifier: BSD-2-Clause
// The options of openguard, set by main.cpp and used by the rows and guards.
//     Options options;
//     Guarding guarding{session, options};
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snoop::openguard {

struct Options {
    std::vector<std::string> paths, inodes;
    std::optional<std::uint32_t> entries; // of the map of guards; by default, by the number of guards
    std::vector<std::string> except_comms, except_exes;
    std::uint32_t also = 0; // 1 << guard_op for each operation of --also
    bool enforce = false, extended = false, on_write = false;
};

} // namespace snoop::openguard
