// SPDX-License-Identifier: BSD-2-Clause
// Columns of times: the time of day, seconds since the start, durations.
//     put_json(json, WallTime{ns});   // "2026-11-22T10:04:10.123456789Z"
#pragma once

#include "table/columns.hpp"

#include <cstdint>

namespace snoop {

// Nanoseconds since 1970. Text: the local time of day, 10:04:10. JSON: RFC 3339, UTC.
struct WallTime {
    std::int64_t ns;
};
void put_text(Buffer &out, WallTime time, Spaces);
void put_json(JsonWriter &json, WallTime time);
constexpr JsonType json_type_of(std::type_identity<WallTime>) { return {.names = {"string"}, .format = "date-time"}; }

// Text: seconds with three digits, 12.345.
struct Seconds {
    std::int64_t ns;
};
void put_text(Buffer &out, Seconds time, Spaces);

// Text: milliseconds with three digits, 0.482. JSON: nanoseconds.
struct Duration {
    std::uint64_t ns;
};
void put_text(Buffer &out, Duration time, Spaces);
void put_json(JsonWriter &json, Duration time);
constexpr JsonType json_type_of(std::type_identity<Duration>) { return json_integer; }

} // namespace snoop
