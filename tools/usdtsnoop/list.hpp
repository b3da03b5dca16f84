// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop --list: prints the probes of a program or library. Needs no root.
//     return list_probes(info, "libstdc++.so.6", common);   // the exit code
#pragma once

#include "cli/options.hpp"
#include "table/json_type.hpp"

#include <string>
#include <vector>

namespace snoop::usdtsnoop {

// The keys of JSON rows.
std::vector<JsonKey> list_keys();

// With -p, `binary` is looked up among the files of these processes. Throws Error (exit 2) if it is not found.
int list_probes(const ToolInfo &info, const std::string &binary, const CommonOptions &common);

} // namespace snoop::usdtsnoop
