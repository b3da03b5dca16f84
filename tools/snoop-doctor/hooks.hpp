// SPDX-License-Identifier: BSD-2-Clause
// Which kinds of hooks this kernel lets a program attach to, tried with a program that does nothing.
//     for (const std::string &check : hook_checks()) print(try_hook(check));
#pragma once

#include "snoop-doctor/system_checks.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// "hook/raw_tp" and so on.
std::vector<std::string> hook_checks();

// Loads and attaches a program to such a hook, and detaches it. xdp and tc are tried on `lo` of a
// new network namespace, which this process stays in.
Check try_hook(std::string_view check);

// Moves this process into a new network namespace. False, with errno, if it may not.
bool enter_new_network();

} // namespace snoop
