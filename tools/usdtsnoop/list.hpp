// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop --list: prints the probes of a program or library. Needs no root.
//     return list_probes(info, "libstdc++.so.6", common);   // the exit code
#pragma once

#include "cli/options.hpp"

#include <string>

namespace snoop::usdtsnoop {

// With -p, of the files of these processes. Throws Error (exit 2) if there is no such file.
int list_probes(const ToolInfo &info, const std::string &binary, const CommonOptions &common);

} // namespace snoop::usdtsnoop
