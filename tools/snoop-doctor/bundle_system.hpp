// SPDX-License-Identifier: BSD-2-Clause
// The facts about this system that a bug report needs: numbers, and words from fixed lists. None of
// them names a user, the host, or a file of the user's choice.
//     put_system(json.begin_object());
#pragma once

#include "base/json.hpp"

namespace snoop {

// Adds members to an object that has been begun: libraries, kernel, distribution, machine, environment, mounts,
// sysctls, security, capabilities, limits.
void put_system(JsonWriter &json);

} // namespace snoop
