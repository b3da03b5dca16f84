// SPDX-License-Identifier: BSD-2-Clause
// The text of a key that is a path, a directory or a suffix, from the record of an open.
//     key_text(OPEN_BY_DIR, name, data);   // "/etc/ssl"
#pragma once

#include "base/redact.hpp"
#include <snoop/opencount.h>

#include <string>
#include <string_view>

namespace snoop::opencount {

// `data` is what follows the record. Never empty:
// - by path: the path; "" in quotes for an empty one, <fault> for one that could not be read, "-" without one.
// - by dir: "." for a path without a slash, "-" for a file without a directory.
// - by suffix: ".conf", or "none".
// The path is redacted first; null: it is not.
std::string key_text(open_by by, const open_name &name, std::string_view data, const Redactor *redactor = nullptr);

} // namespace snoop::opencount
