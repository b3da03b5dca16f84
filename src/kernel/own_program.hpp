// SPDX-License-Identifier: BSD-2-Clause
// How a message names this program in a command line that it advises: by its path, unless the name alone finds it.
//     throw Error{exit_lacks, "needs root: run `sudo {}`", kernel::command_for_sudo("opensnoop")};
#pragma once

#include <string>

namespace snoop::kernel {

// `tool` if sudo finds this very program by that name; otherwise the path of this program, quoted for a shell.
std::string command_for_sudo(const std::string &tool);

// The file of this program; empty if it is not known.
std::string own_file();

// The path of this program, quoted for a shell; `tool` if it is not known.
std::string own_path(const std::string &tool);

} // namespace snoop::kernel
