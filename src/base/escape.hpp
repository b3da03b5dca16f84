// SPDX-License-Identifier: BSD-2-Clause
// Bytes from the kernel as text for a terminal: no control character, no line break, no
// invalid UTF-8, nothing invisible, and the original bytes can be restored.
//     append_escaped(out, comm, Spaces::escape);   // "tmux:\x20server"
#pragma once

#include "base/buffer.hpp"
#include "base/utf8.hpp"

#include <string_view>

namespace snoop {

enum class Spaces { keep, escape };

// Appends text with \n \t \r… as C writes them, other unprintable bytes as \xHH, and each
// backslash doubled. Spaces::escape turns a space into \x20, so that it cannot be taken
// for the end of a column, and every other character that shows as a space into its bytes.
void append_escaped(Buffer &out, std::string_view text, Spaces spaces = Spaces::keep);

// Appends text as one word of a POSIX-like shell (bash, zsh, ksh): bare if it needs no
// quotes, in '…', or in $'…' if a byte must be escaped.
void append_quoted(Buffer &out, std::string_view text);

} // namespace snoop
