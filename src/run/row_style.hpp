// SPDX-License-Identifier: BSD-2-Clause
// How rows of text look on a terminal: coloured if they tell of a failure, and with --fit cut to its width.
//     RowStyle style{STDOUT_FILENO, options.color, options.fit};
//     if (style.changes_rows())
//         style.apply(out, from, Tone::failure);
#pragma once

#include "base/buffer.hpp"
#include "cli/options.hpp"

#include <cstddef>

namespace snoop {

// A row that tells of a failure is red, one of the end of a process by a signal is magenta.
enum class Tone { plain, failure, signal };

class RowStyle {
public:
    // Color::automatic colours rows on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is
    // "dumb". `fit` has no effect unless fd is a terminal.
    RowStyle(int fd, Color color, bool fit);

    [[nodiscard]] bool changes_rows() const noexcept { return color_ || fit_; }
    // Changes the row from byte `from` to the end, which is a newline.
    void apply(Buffer &out, std::size_t from, Tone tone) const;

private:
    int fd_;
    bool color_, fit_;
};

// Cuts the row from byte `from` on, which ends in a newline, to `width` terminal columns, at least 1. The last
// column of a row that was cut has a '>'.
void cut_row(Buffer &out, std::size_t from, std::size_t width);

// Wraps it at spaces to lines of at most `width` columns; those below the first begin with `indent` spaces, or with
// four if that leaves less than half of the width. A word that is longer than a line stays whole.
void wrap_row(Buffer &out, std::size_t from, std::size_t width, std::size_t indent);

} // namespace snoop
