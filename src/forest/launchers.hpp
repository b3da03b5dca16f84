// SPDX-License-Identifier: BSD-2-Clause
// Which programs of a forest only started the job that was recorded.
//     const std::vector<bool> is_launcher = launchers_of(forest);
//     if (!is_launcher[i]) …
#pragma once

#include "forest/forest.hpp"

#include <vector>

namespace snoop {

// For each program: whether it is a tool of this kit, which traced the job, or a sudo that started one.
std::vector<bool> launchers_of(const Forest &forest);

} // namespace snoop
