// SPDX-License-Identifier: BSD-2-Clause
// A row of a tool as an OTLP log record, in the JSON of proto3.
//     const std::string record = log_record(row, {.uid = "…", .observed_ns = now, .with_args = false});
#pragma once

#include "forest/row.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

struct RecordContext {
    std::string_view uid;          // the same if the record is sent twice, another one for each row
    std::uint64_t observed_ns = 0; // since the epoch
    bool with_args = false;        // with the arguments of commands
};

// Throws InvalidRow.
std::string log_record(const Row &row, const RecordContext &context);

// Nanoseconds since the epoch of "2026-11-22T10:04:10.123456789Z", as the tools print it; 0 if it is not that.
std::uint64_t time_ns(std::string_view text);

} // namespace snoop::snoop_export
