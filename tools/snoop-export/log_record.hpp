// SPDX-License-Identifier: BSD-2-Clause
// A row of a tool as an OTLP log record, in the JSON of proto3.
//     const std::string record = log_record(line, {.uid = "…", .observed_ns = now, .with_args = false});
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

// A line that is not a row. The text is one line.
struct InvalidRow : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct RecordContext {
    std::string_view uid;          // the same if the record is sent twice, another one for each row
    std::uint64_t observed_ns = 0; // since the epoch
    bool with_args = false;        // with the arguments of commands
};

// A row, in which bytes that are not UTF-8 become U+FFFD. Throws InvalidRow.
nlohmann::json parse_row(std::string_view line);

// Bytes that are not UTF-8 become U+FFFD. Throws InvalidRow.
std::string log_record(std::string_view line, const RecordContext &context);

// Nanoseconds since the epoch of "2026-11-22T10:04:10.123456789Z", as the tools print it; 0 if it is not that.
std::uint64_t time_ns(std::string_view text);

} // namespace snoop::snoop_export
