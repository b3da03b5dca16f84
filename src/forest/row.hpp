// SPDX-License-Identifier: BSD-2-Clause
// A row of a tool, parsed.
//     RowParser parser;
//     const Row row = parser.parse(line);
//     text_at(row, "path");
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace snoop {

// A line that is not a row. The text is one line.
struct InvalidRow : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Row = simdjson::dom::object;
using Value = simdjson::dom::element;

class RowParser {
public:
    RowParser();
    ~RowParser();
    RowParser(RowParser &&) noexcept;
    RowParser &operator=(RowParser &&) = delete;

    // The row, and all that is taken from it, lasts until the next call. Bytes that are not UTF-8 become U+FFFD.
    // Throws InvalidRow.
    Row parse(std::string_view line);

private:
    std::unique_ptr<simdjson::dom::parser> parser_; // the size of a parser depends on compiler options
    std::string line_;                              // with room behind it for the parser's vectors
};

// The value that a row has under a key, of any type, of a text or of a number. Without one of that type: nothing, or an
// empty text.
std::optional<Value> value_at(const Row &row, std::string_view key);
std::string_view text_at(const Row &row, std::string_view key);
std::optional<std::uint64_t> number_at(const Row &row, std::string_view key);

} // namespace snoop
