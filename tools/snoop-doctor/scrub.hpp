// SPDX-License-Identifier: BSD-2-Clause
// Removes from a message what a bug report must not have: paths that are not the system's own.
//     scrub("sudo /home/me/bin/execsnoop", {"/home/me/bin"})   // "sudo <path>/execsnoop"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// Paths below /sys, /proc, /lib and /usr/lib stay, which say what of the system was used. Other absolute paths, up to
// the next space, quote or bracket, become <path>. `private_paths`, which may have spaces, are looked for first.
std::string scrub(std::string_view text, const std::vector<std::string> &private_paths);

} // namespace snoop
