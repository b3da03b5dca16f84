// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/values.hpp>

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

void put_json(JsonWriter &json, PathComponents path)
{
    std::string_view left = path.bytes;

    json.begin_string();
    if (path.cut)
        json.string_part("...");
    else if (left.empty())
        json.string_part("/");
    while (!left.empty()) {
        left.remove_suffix(1);                                 // its NUL
        const std::size_t start = left.find_last_of('\0') + 1; // npos + 1 is 0
        json.string_part("/").string_part(left.substr(start));
        left = left.substr(0, start);
    }
    json.end_string();
}

} // namespace snoop
