// SPDX-License-Identifier: BSD-2-Clause
// Writes all that a bug report needs into one JSON document, which its user can read before sending it.
//     write_bundle("bug.json", std::chrono::seconds{1}, log);
#pragma once

#include <chrono>
#include <string>

namespace snoop {

class Log;

// Checks the system and tries the tools, measures the loaded programs for this long, and writes the document to a new
// file of mode 0600, or with "-" to stdout. Says on stderr what it wrote. Throws Error.
void write_bundle(const std::string &path, std::chrono::milliseconds time, const Log &log);

} // namespace snoop
