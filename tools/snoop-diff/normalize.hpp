// SPDX-License-Identifier: BSD-2-Clause
// Texts of two recordings as they are compared: what differs from run to run is replaced.
//     Vocabulary a = vocabulary_of(forest_a), b = vocabulary_of(forest_b);
//     set_folders(a, "/src/old", b, "/src/new");
//     normalized("/tmp/cc32updj.s", a, b);   // "/tmp/<tmp>.s"
#pragma once

#include "forest/forest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace snoop::snoop_diff {

// The words and pids of one recording.
struct Vocabulary {
    std::unordered_set<std::string_view> words; // of letters, digits and '_', three at least
    std::unordered_set<std::uint64_t> pids;     // of three digits at least
    std::string folder;                         // where the job ran, if the other one ran elsewhere; may be empty
    // Words that are made up for files that must not exist before, as mkstemp(3) does.
    std::unordered_set<std::string_view> random = {};
};

Vocabulary vocabulary_of(const Forest &forest);

// Sets the folders to what differs in the working directories of the two jobs: /src/old for /src/old/lib, if the other
// one is /src/new/lib.
void set_folders(Vocabulary &a, std::string_view cwd_a, Vocabulary &b, std::string_view cwd_b);

// Replaces names that are temporary by their place, their look or how their file was created, and pids, in words that
// the other recording does not have; and always dates, times, UUIDs, the pid behind /proc/, and the folder of the job.
std::string normalized(std::string_view text, const Vocabulary &own, const Vocabulary &other);

} // namespace snoop::snoop_diff
