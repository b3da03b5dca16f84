// SPDX-License-Identifier: BSD-2-Clause
// What this system and this user have of what the tools need: the kernel and how it was
// built, mounts, settings, capabilities; and what mends what is lacking.
//     for (const Finding &f : check_system()) fmt::print("{}: {}\n", f.check, f.found);
#pragma once

#include <string>
#include <vector>

namespace snoop {

enum class State {
    ok,
    missing, // and `mend` says how to get it
    unknown  // it cannot be found out
};

struct Finding {
    std::string check; // "mount/tracefs"
    State state;
    std::string found; // "/sys/kernel/tracing"
    std::string mend{};
};

std::vector<Finding> check_system();
std::vector<Finding> check_user();

} // namespace snoop
