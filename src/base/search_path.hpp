// SPDX-License-Identifier: BSD-2-Clause
// Finds programs as a shell does, in a list of directories such as $PATH.
//     const std::string file = find_in_path(path ? path : "/usr/bin:/bin", "ls");
#pragma once

#include <string>
#include <string_view>

namespace snoop {

// The first executable file of this name in the directories of `path`, which colons separate; an empty one is the
// current directory. Empty if there is none, with errno EACCES if files that cannot be executed were found, and with
// ENOENT otherwise.
std::string find_in_path(std::string_view path, std::string_view name);

} // namespace snoop
