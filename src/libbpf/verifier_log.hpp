// SPDX-License-Identifier: BSD-2-Clause
// Picks from the verifier's log what says why it refused a program: the end.
//     for (const std::string &line : verifier_last_lines(message)) print(line);
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// The last lines of the log that a message of libbpf holds, without the verifier's statistics: the refused instruction
// and the reason, and most of the report that newer verifiers end with. Nothing if the message holds no log.
std::vector<std::string> verifier_last_lines(std::string_view message);

} // namespace snoop
