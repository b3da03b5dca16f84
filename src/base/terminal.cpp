// SPDX-License-Identifier: BSD-2-Clause
#include "base/terminal.hpp"

#include <sys/ioctl.h>

namespace snoop {

std::optional<TerminalSize> terminal_size(int fd) noexcept
{
    winsize window{};

    if (ioctl(fd, TIOCGWINSZ, &window) != 0)
        return std::nullopt;
    return TerminalSize{window.ws_row, window.ws_col};
}

std::optional<std::size_t> terminal_columns(int fd) noexcept
{
    const auto size = terminal_size(fd);

    return size && size->columns > 0 ? std::optional{size->columns} : std::nullopt;
}

} // namespace snoop
