// SPDX-License-Identifier: BSD-2-Clause
// The formats of a report: each is a function that appends all of it to a buffer.
//     Buffer out;
//     write_html(forest, "make -j8", out);
#pragma once

#include "base/buffer.hpp"
#include "forest/forest.hpp"

#include <string_view>

namespace snoop::snoop_report {

using WriteFormat = void (*)(const Forest &forest, std::string_view title, Buffer &out);

// One page with the data and what shows it.
void write_html(const Forest &forest, std::string_view title, Buffer &out);

} // namespace snoop::snoop_report
