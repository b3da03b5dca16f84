// SPDX-License-Identifier: BSD-2-Clause
// Tries to attach an empty program to each kind of hook.
//     for (const std::string &check : hook_checks()) print(try_hook(check));
#pragma once

#include "snoop-doctor/system_checks.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// The names of the checks: "hook/raw_tp" and so on.
std::vector<std::string> hook_checks();

// Attaches a program to this kind of hook and detaches it. xdp and tc are tried on `lo` in a new
// network namespace, in which this process remains.
Check try_hook(std::string_view check);

// Moves this process into a new network namespace. Returns false and sets errno if that is not permitted.
bool enter_new_network();

} // namespace snoop
