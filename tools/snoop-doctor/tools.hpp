// SPDX-License-Identifier: BSD-2-Clause
// Tries the tools that are installed next to snoop-doctor.
//     for (const std::string &name : tool_names()) print(try_tool(name));
#pragma once

#include "snoop-doctor/system_checks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace snoop {

// All installed tools except snoop-doctor; the build generates this list.
const std::vector<std::string> &tool_names();

struct Trial {
    Check check;
    std::optional<int> exit_code;   // nothing if the tool was not run
    std::vector<std::string> lines; // what it printed to stderr
};

// Asks the tool how to try it (`NAME --generate doctor`), runs it briefly, with `verbose` (-v or -vv), and reports
// which hooks it uses, or why it does not work.
Trial try_tool(const std::string &name, const char *verbose = "-v");

// The tool's own line of `NAME --version`; empty if it is not installed.
std::string version_of(const std::string &name);

} // namespace snoop
