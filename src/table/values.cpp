// SPDX-License-Identifier: BSD-2-Clause
#include "table/values.hpp"

namespace snoop {

std::string_view take_string(std::string_view &bytes)
{
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view string = bytes.substr(0, end);

    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return string;
}

void put_json(JsonWriter &json, Strings strings)
{
    json.begin_array();
    while (!strings.bytes.empty())
        json.value(take_string(strings.bytes));
    json.end_array();
}

namespace {

// Calls put("/"), put("etc"), put("/"), put("passwd") for /etc/passwd.
template <class Put> void for_each_part(PathComponents path, Put put)
{
    std::string_view left = path.bytes;

    if (path.cut)
        put("...");
    while (!left.empty()) {
        left.remove_suffix(1);                                 // its NUL
        const std::size_t start = left.find_last_of('\0') + 1; // npos + 1 is 0
        put("/");
        put(left.substr(start));
        left = left.substr(0, start);
    }
}

template <class Put> void for_each_part(ResolvedPath path, Put put)
{
    for_each_part(path.base, put);
    if (!path.rest.empty() && path.rest.front() != '/')
        put("/");
    put(path.rest);
    if (path.rest.empty() && path.base.bytes.empty() && !path.base.cut)
        put("/");
}

} // namespace

void put_json(JsonWriter &json, ResolvedPath path)
{
    json.begin_string();
    for_each_part(path, [&](std::string_view part) { json.string_part(part); });
    json.end_string();
}

void put_text(Buffer &out, ResolvedPath path, Spaces spaces)
{
    for_each_part(path, [&](std::string_view part) { append_escaped(out, part, spaces); });
}

std::string to_string(ResolvedPath path)
{
    std::string text;

    for_each_part(path, [&](std::string_view part) { text += part; });
    return text;
}

void put_json(JsonWriter &json, PathComponents path) { put_json(json, ResolvedPath{path, {}}); }

} // namespace snoop
