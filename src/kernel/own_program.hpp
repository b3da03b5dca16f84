// SPDX-License-Identifier: BSD-2-Clause
// This program's file, how a message names it in a command line that it advises, and the tools beside it.
//     throw Error{exit_lacks, "needs root: run `sudo {}`", kernel::command_for_sudo("opensnoop")};
#pragma once

#include <string>
#include <string_view>

namespace snoop::kernel {

// `tool` if sudo finds this very program by that name; otherwise the path of this program, quoted for a shell.
std::string command_for_sudo(const std::string &tool);

// The file of this program; empty if it is not known.
std::string own_file();

// The path of this program, quoted for a shell; `tool` if it is not known.
std::string own_path(const std::string &tool);

// The file of another tool: beside this program, where both are installed and built, or else in PATH, or else this
// program, if it is that tool, too. Empty if there is none. It is to be called by its name.
std::string find_tool(std::string_view name, bool may_search_path = true);

// The static program is all tools, and acts by the name it is called by; it sets this.
inline bool (*is_own_name)(std::string_view name) = [](std::string_view) { return false; };

} // namespace snoop::kernel
