// SPDX-License-Identifier: BSD-2-Clause
// What this system and this user have of what the tools need: the kernel and how it was
// built, mounts, settings, capabilities; and what mends what is lacking.
//     for (const Check &f : check_system()) fmt::print("{}: {}\n", f.check, f.found);
#pragma once

#include <string>
#include <vector>

namespace snoop {

enum class State {
    ok,
    missing, // and `fix` says how to get it
    unknown  // it cannot be found out
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
