// SPDX-License-Identifier: BSD-2-Clause
// Reads the files of a job: a recording, or a directory with those of several tools.
//     Forest forest;
//     read_job("good", forest, say);
#pragma once

#include "forest/forest.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace snoop::snoop_diff {

// Returns whether all could be read. Throws Error (exit 2) if nothing can be, or if no file has a row of use.
bool read_job(const std::string &path, Forest &to, const std::function<void(std::string_view text)> &say);

// The directory in which the job began; empty if it is not known.
std::string_view folder_of(const Forest &forest);

} // namespace snoop::snoop_diff
