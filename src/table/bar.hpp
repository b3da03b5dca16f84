// SPDX-License-Identifier: BSD-2-Clause
// Bars of tables and histograms: of block characters, as fine as an eighth of a column, if the
// locale's encoding is UTF-8, and of an ASCII character otherwise.
//     append_bar(out, 12.4, '#', bars_of_locale());
#pragma once

#include "base/buffer.hpp"

#include <cstddef>

namespace snoop {

enum class Bars { ascii, blocks };

// Blocks if the locale uses UTF-8. The first of LC_ALL, LC_CTYPE and LANG that is set decides, as for setlocale().
Bars bars_of_locale() noexcept;

// Appends a bar of so many columns, which must not be negative. `ascii` makes bars without blocks, rounded
// to whole columns. Returns the columns used.
std::size_t append_bar(Buffer &out, double columns, char ascii, Bars bars);

} // namespace snoop
