// SPDX-License-Identifier: BSD-2-Clause
#include "forest/launchers.hpp"

#include <algorithm>
#include <cstddef>
#include <installed_tools.h>
#include <iterator>

namespace snoop {

std::vector<bool> launchers_of(const Forest &forest)
{
    const std::vector<Program> &programs = forest.programs();
    std::vector<bool> is_launcher(programs.size());

    // Children come after their parents.
    for (std::size_t i = programs.size(); i-- > 0;) {
        const Program &program = programs[i];
        if (std::find(std::begin(installed_tools), std::end(installed_tools), program.name()) !=
            std::end(installed_tools))
            is_launcher[i] = true;
        if (is_launcher[i] && program.parent && programs[*program.parent].name() == "sudo")
            is_launcher[*program.parent] = true;
    }
    return is_launcher;
}

} // namespace snoop
