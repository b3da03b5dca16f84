// SPDX-License-Identifier: BSD-2-Clause
// Writes to a pipe, a terminal or a file until all is written, or until a signal ends the tool.
//     if (write_all(fd, line.data(), line.size()) < line.size()) … errno …
#pragma once

#include <cstddef>

namespace snoop {

// Returns the number of bytes written; if it is less than `size`, errno says why: EINTR means that nobody read the
// pipe for stop::output_grace after a signal.
std::size_t write_all(int fd, const void *data, std::size_t size);

} // namespace snoop
