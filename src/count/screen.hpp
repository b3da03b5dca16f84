// SPDX-License-Identifier: BSD-2-Clause
// A terminal that a table is drawn on in place, and whose keys are read as they are
// pressed; as it was before, once this object has gone.
//     if (Screen::is_possible(STDOUT_FILENO)) { Screen screen{STDOUT_FILENO}; screen.draw(out, text); }
#pragma once

#include "base/escape.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <termios.h>

namespace snoop {

class Screen {
public:
    // A terminal, and one that can be drawn on (TERM is not "dumb").
    static bool is_possible(int out_fd);

    explicit Screen(int out_fd);
    ~Screen();
    Screen(const Screen &) = delete;
    Screen &operator=(const Screen &) = delete;

    struct Size {
        std::size_t rows, columns;
    };
    // As it is now: the window may have been resized.
    [[nodiscard]] Size size() const;

    // Where keys come from: readable when one was pressed. -1: no terminal.
    [[nodiscard]] int keys_fd() const noexcept { return keys_fd_; }
    // The next key that was pressed; does not wait.
    std::optional<char> key() const;

    // Appends what replaces all that is shown by `text`: as many of its lines as there
    // are rows, each as far as there are columns.
    void draw(Buffer &out, std::string_view text) const;

private:
    int out_fd_, keys_fd_ = -1;
    termios before_{};
};

} // namespace snoop
