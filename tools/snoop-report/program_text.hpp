// SPDX-License-Identifier: BSD-2-Clause
// Texts about a program for several formats: its command line, how it ended.
//     append_command(out, program);   // cc -c 'my file.c'
#pragma once

#include "base/buffer.hpp"
#include "forest/forest.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_report {

// As a shell would take it. Longer ones end in "…" after about `most` bytes.
void append_command(Buffer &out, const std::vector<std::string_view> &args, std::string_view file, std::size_t most);

// "exit 2", "SIGKILL by bash", "SIGKILL, out of memory", "called exec again", "end not seen".
std::string status_of(const Program &program);

// One whose end was not seen lasts to the end of the recording.
std::uint64_t end_of(const Forest &forest, const Program &program);

// "1.234567", of nanoseconds in seconds.
std::string seconds_of(std::uint64_t ns);

} // namespace snoop::snoop_report
