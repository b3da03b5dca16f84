// SPDX-License-Identifier: BSD-2-Clause
#include "table/json_schema.hpp"
#include "base/json.hpp"

namespace snoop {
namespace {

std::string quoted(std::string_view text)
{
    Buffer out;

    JsonWriter{out}.value(text);
    return {out.data(), out.size()};
}

std::string type_names(const JsonType &type)
{
    std::string list;
    std::size_t count = 0;

    for (const std::string_view name : type.names)
        if (!name.empty())
            list += (count++ ? ", " : "") + quoted(name);
    return count == 1 ? list : "[" + list + "]";
}

std::string object(const std::vector<JsonKey> &keys, std::string_view event, const std::string &indent);

// The members of a value's schema, without its braces.
std::string value(const JsonType &type, const std::vector<JsonKey> &members, const std::string &indent)
{
    std::string text = "\"type\": " + type_names(type);

    if (!type.format.empty())
        text += ", \"format\": " + quoted(type.format);
    if (type.items)
        text += ", \"items\": {" + value(*type.items, {}, indent) + "}";
    if (type.members || !members.empty())
        text += ",\n" + object(type.members ? type.members() : members, "", indent);
    return text;
}

std::string property(const JsonKey &key, std::string_view event, const std::string &indent)
{
    std::string meaning{key.meaning};

    if (!key.only.empty())
        meaning += fmt::format(" Only {}.", key.only);
    const bool is_event = key.name == "event" && !event.empty();
    return fmt::format("{}{}: {{\"description\": {}, {}}}", indent, quoted(key.name), quoted(meaning),
                       is_event ? "\"const\": " + quoted(event) : value(*key.type, key.members, indent + "  "));
}

// The members of the schema of an object with these keys, a line for each.
std::string object(const std::vector<JsonKey> &keys, std::string_view event, const std::string &indent)
{
    std::string properties, required;

    for (const JsonKey &key : keys) {
        properties += (properties.empty() ? "" : ",\n") + property(key, event, indent + "  ");
        if (key.only.empty())
            required += (required.empty() ? "" : ", ") + quoted(key.name);
    }
    return fmt::format(
        "{0}\"additionalProperties\": false,\n{0}\"required\": [{1}],\n{0}\"properties\": {{\n{2}\n{0}}}", indent,
        required, properties);
}

} // namespace

std::string json_schema(std::string_view tool, const std::vector<JsonRow> &rows)
{
    std::string kinds, definitions;

    for (const JsonRow &row : rows) {
        const std::string_view comma = kinds.empty() ? "" : ",";
        kinds += fmt::format("{}\n    {{\"$ref\": \"#/$defs/{}\"}}", comma, row.event);
        definitions +=
            fmt::format("{}\n    {}: {{\n      \"description\": {},\n      \"type\": \"object\",\n{}\n    }}", comma,
                        quoted(row.event), quoted(row.meaning), object(row.keys, row.event, "      "));
    }
    return fmt::format("{{\n"
                       "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                       "  \"title\": {},\n"
                       "  \"oneOf\": [{}\n  ],\n"
                       "  \"$defs\": {{{}\n  }}\n"
                       "}}\n",
                       quoted(fmt::format("JSON lines of {}", tool)), kinds, definitions);
}

} // namespace snoop
