// SPDX-License-Identifier: BSD-2-Clause
// JSON types of C++ types, and the schema of rows.
#include "table/columns.hpp"
#include "table/json_schema.hpp"
#include "table/open_flags.hpp"
#include "table/times.hpp"
#include "table/values.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace {

using namespace snoop;

// By value: GCC 12 takes no reference to json_type in a static_assert.
constexpr bool is(JsonType type, std::string_view name, std::string_view other = {})
{
    return type.names[0] == name && type.names[1] == other;
}

static_assert(is(json_type<int>, "integer"));
static_assert(is(json_type<std::uint64_t>, "integer"));
static_assert(is(json_type<bool>, "boolean"));
static_assert(is(json_type<double>, "number"));
static_assert(is(json_type<std::string>, "string"));
static_assert(is(json_type<std::string_view>, "string"));
static_assert(is(json_type<const char *>, "string"));
static_assert(is(json_type<std::optional<int>>, "integer", "null"));
static_assert(is(json_type<std::optional<OpenMode>>, "string", "null"));
static_assert(is(json_type<std::vector<int>>, "array"));
static_assert(is(*json_type<std::vector<std::optional<bool>>>.items, "boolean", "null"));
static_assert(is(*json_type<OpenFlags>.items, "string"));
static_assert(is(*json_type<Strings>.items, "string"));
static_assert(is(json_type<PathComponents>, "string"));
static_assert(is(json_type<Duration>, "integer"));
static_assert(json_type<WallTime>.format == "date-time");

struct Slot {
    std::uint64_t lo, count;

    static const Columns<Slot> &columns()
    {
        static const Columns<Slot> all{{json_only<Slot>("lo", "Least value.", [](const Slot &s) { return s.lo; }),
                                        json_only<Slot>("count", "How many.", [](const Slot &s) { return s.count; })}};
        return all;
    }
};

struct Row {
    std::string comm = "ls";
    std::optional<int> err{};
    std::vector<Slot> slots{};
};

const Columns<Row> columns{{
    json_only<Row>("event", "Kind of the line.", [](const Row &) { return "call"; }),
    {"COMM", 8, Align::left, "comm", "Its \"name\".", [](const Row &r) { return std::string_view{r.comm}; }},
    text_only<Row>("ERR", 4, Align::left, [](const Row &r) { return r.err; }),
    json_only<Row>("err", "Error number.", [](const Row &r) { return r.err; }).only_with("--failed"),
    json_only<Row>("slots", "Histogram.", [](const Row &r) { return r.slots; }),
}};

TEST(JsonSchema, HasEachKeyOfTheColumns)
{
    EXPECT_EQ(json_schema("calls", {{"call", "A call.", columns.keys()}, {"accounting", "The sum.", {}}}), R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "JSON lines of calls",
  "oneOf": [
    {"$ref": "#/$defs/call"},
    {"$ref": "#/$defs/accounting"}
  ],
  "$defs": {
    "call": {
      "description": "A call.",
      "type": "object",
      "additionalProperties": false,
      "required": ["event", "comm", "slots"],
      "properties": {
        "event": {"description": "Kind of the line.", "const": "call"},
        "comm": {"description": "Its \"name\".", "type": "string"},
        "err": {"description": "Error number. Only with --failed.", "type": ["integer", "null"]},
        "slots": {"description": "Histogram.", "type": "array", "items": {"type": "object",
          "additionalProperties": false,
          "required": ["lo", "count"],
          "properties": {
            "lo": {"description": "Least value.", "type": "integer"},
            "count": {"description": "How many.", "type": "integer"}
          }}}
      }
    },
    "accounting": {
      "description": "The sum.",
      "type": "object",
      "additionalProperties": false,
      "required": [],
      "properties": {

      }
    }
  }
}
)");
}

TEST(JsonSchema, ArraysOfObjectsMatchTheSchema)
{
    Buffer out;
    columns.put_json_row(out, {"ls", 2, {{0, 7}, {8, 9}}});
    EXPECT_EQ(
        std::string_view(out.data(), out.size()),
        "{\"event\":\"call\",\"comm\":\"ls\",\"err\":2,\"slots\":[{\"lo\":0,\"count\":7},{\"lo\":8,\"count\":9}]}\n");
}

TEST(JsonSchema, MembersJoinThoseOfAnotherList)
{
    Buffer out;
    JsonWriter json{out};

    json.begin_object().key("by").value("uid");
    Slot::columns().put_members(json, {1, 2});
    json.key("other").value(false).end_object();
    EXPECT_EQ(std::string_view(out.data(), out.size()), R"({"by":"uid","lo":1,"count":2,"other":false})");
}

} // namespace
