// SPDX-License-Identifier: BSD-2-Clause
// Checks the kernel and its build options, mounts, settings and the user's capabilities, and suggests
// a fix if something is missing.
//     for (const Check &c : check_system()) fmt::print("{}: {}\n", c.check, c.found);
#pragma once

#include <string>
#include <vector>

namespace snoop {

enum class State {
    ok,
    missing,
    unknown // could not be determined
};

struct Check {
    std::string check; // "mount/tracefs"
    State state;
    std::string found; // "/sys/kernel/tracing"
    std::string fix{};
};

std::vector<Check> check_system();
std::vector<Check> check_user();

} // namespace snoop
