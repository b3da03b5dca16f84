// SPDX-License-Identifier: BSD-2-Clause
// A JSON Schema of the lines that a tool prints, from the columns that it prints them by.
//     cli.describe_rows([] { return json_schema("execsnoop", {{"exec", "A program was executed.", columns.keys()}});
//     });
#pragma once

#include "table/json_type.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// A kind of line, told from the others by its member "event".
struct JsonRow {
    std::string_view event, meaning;
    std::vector<JsonKey> keys;
};

// Draft 2020-12, a line for each key. A line is of exactly one kind and has no keys but those.
std::string json_schema(std::string_view tool, const std::vector<JsonRow> &rows);

} // namespace snoop
