// SPDX-License-Identifier: BSD-2-Clause
// A terminal on which a table is redrawn in place and keys are read as they are pressed. The
// destructor restores the terminal.
//     if (Screen::is_possible(STDOUT_FILENO)) { Screen screen{STDOUT_FILENO}; screen.draw(out, text); }
#pragma once

#include "base/escape.hpp"
#include "base/terminal.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <termios.h>

namespace snoop {

class Screen {
public:
    // True if the descriptor is a terminal that can redraw (TERM is not "dumb").
    static bool is_possible(int out_fd);

    // There can be one. Ctrl-Z gives the terminal back and stops the tool.
    explicit Screen(int out_fd);
    ~Screen();
    Screen(const Screen &) = delete;
    Screen &operator=(const Screen &) = delete;

    // The current size: the window may have been resized. 24 lines of 80 columns if the terminal does not know it.
    [[nodiscard]] TerminalSize size() const;

    // The descriptor that becomes readable when a key is pressed; -1 if stdin is not a terminal.
    [[nodiscard]] int keys_fd() const noexcept { return keys_fd_; }
    // The next key that was pressed, without waiting.
    std::optional<char> key() const;

    // Appends the sequences that replace the whole screen by `text`, cut to its rows and
    // columns.
    void draw(Buffer &out, std::string_view text) const;

private:
    int out_fd_, keys_fd_ = -1;
};

} // namespace snoop
