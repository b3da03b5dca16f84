// SPDX-License-Identifier: BSD-2-Clause
// The size of a terminal, in characters.
//     if (const auto size = terminal_size(STDOUT_FILENO)) cut(text, size->columns);
#pragma once

#include <cstddef>
#include <optional>

namespace snoop {

struct TerminalSize {
    std::size_t rows, columns; // 0 if the terminal does not know it
};

// Nothing if fd is not a terminal. The window may have another size at the next call.
std::optional<TerminalSize> terminal_size(int fd) noexcept;

// Its columns; nothing if fd is not a terminal, or one that does not know them.
std::optional<std::size_t> terminal_columns(int fd) noexcept;

} // namespace snoop
