// SPDX-License-Identifier: BSD-2-Clause
// The attributes of a row by OpenTelemetry's semantic conventions, whose version is pinned here. A key without a
// convention becomes the attribute snoop.KEY.
#pragma once

#include "base/json.hpp"
#include "forest/row.hpp"

#include <string_view>

namespace snoop::snoop_export {

constexpr std::string_view schema_url = "https://opentelemetry.io/schemas/1.40.0";

// {"key":NAME,"value":{"stringValue":TEXT}}
void put_text(JsonWriter &json, std::string_view name, std::string_view text);

// The file that a row is about, and the key that names it; empty if there is none.
struct RowFile {
    std::string_view key, path;
    bool is_executed = false; // it is the program that runs now
};
RowFile file_of(const Row &row);

// The members of the array of attributes. Arguments of a command only if `with_args`. Throws InvalidRow.
void put_attributes(JsonWriter &json, const Row &row, bool with_args);

} // namespace snoop::snoop_export
