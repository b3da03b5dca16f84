// SPDX-License-Identifier: BSD-2-Clause
// The text of a bundle: the lines of a tool's log that matter, and JSON that a person can read.
//     condensed_log({"libbpf: sec '.relxdp': relo #0: …", "xdpcount: probe: xdp"})   // {"xdpcount: probe: xdp"}
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// The lines that a tool printed with -vv, without those of libbpf about each section and relocation, which are nearly
// all. If there are many, the first and the last ones, with a line between them that says how many were left out.
std::vector<std::string> condensed_log(const std::vector<std::string> &lines);

// The JSON with each member on a line of its own, indented as by jq(1).
std::string indented(std::string_view json);

} // namespace snoop
