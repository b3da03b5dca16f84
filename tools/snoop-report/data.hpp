// SPDX-License-Identifier: BSD-2-Clause
// The data of a page, one object of JSON. page/model.mjs describes it.
//     write_data(forest, "make -j8", out);
#pragma once

#include "base/buffer.hpp"
#include "forest/forest.hpp"

#include <string_view>

namespace snoop::snoop_report {

void write_data(const Forest &forest, std::string_view title, Buffer &out);

} // namespace snoop::snoop_report
