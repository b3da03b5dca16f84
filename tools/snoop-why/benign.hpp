// SPDX-License-Identifier: BSD-2-Clause
// Opens that fail in programs that succeed, such as those of translations.
//     if (is_benign(open)) continue;
#pragma once

#include "forest/forest.hpp"

namespace snoop::snoop_why {

// A failed open that nobody misses.
bool is_benign(const Open &open);

// A file that a user need not have, such as ~/.toolrc, and that was not found or is in the directory of another user.
bool is_optional(const Open &open);

// A failure after which a program may do much before it gives up, and may fail likewise with other files: there is no
// room, or no descriptor.
bool is_fatal(const Open &open);

// An open that a program makes while it reports an error or ends: after it, it did not go on with its work.
bool is_of_an_end(const Open &open);

} // namespace snoop::snoop_why
