// SPDX-License-Identifier: BSD-2-Clause
// Whether each tool of the kit that is installed beside snoop-doctor works on this system.
//     for (const std::string &name : tool_names()) print(try_tool(name));
#pragma once

#include "snoop-doctor/system_checks.hpp"

#include <string>
#include <vector>

namespace snoop {

// The tools that the kit installs, without snoop-doctor: the build makes this list.
const std::vector<std::string> &tool_names();

// Asks the tool how to try it (`NAME --generate doctor`), runs it so for a moment, and says which
// hooks it chose, or why it does not work.
Check try_tool(const std::string &name);

} // namespace snoop
