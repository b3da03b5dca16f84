// SPDX-License-Identifier: BSD-2-Clause
#include "table/columns.hpp"
#include "base/error.hpp"

#include <string>

namespace snoop {

void align(Buffer &out, std::size_t from, std::size_t width, Align how)
{
    const std::size_t used = width_from(out, from);
    if (used >= width)
        return;

    const std::size_t end = out.size();
    const std::size_t pad = width - used;
    out.resize(end + pad);
    if (how == Align::right) {
        std::copy_backward(out.data() + from, out.data() + end, out.data() + end + pad);
        std::fill_n(out.data() + from, pad, ' ');
    } else {
        std::fill_n(out.data() + end, pad, ' ');
    }
}

void json_to_cell(Buffer &out, std::size_t from)
{
    const std::string json{out.data() + from, out.size() - from};

    out.resize(from);
    if (json.starts_with('"'))
        append(out, std::string_view{json}.substr(1, json.size() - 2));
    else
        append(out, json == "null" ? "-" : json);
}

void escape_spaces(Buffer &out, std::size_t from)
{
    const std::string text{out.data() + from, out.size() - from};

    out.resize(from);
    for (const char c : text)
        append(out, c == ' ' ? std::string_view{"\\x20"} : std::string_view{&c, 1});
}

void json_to_csv(Buffer &out, std::size_t from)
{
    std::string_view value{out.data() + from, out.size() - from};

    if (value == "null")
        return out.resize(from);
    const bool is_string = value.starts_with('"');
    if (is_string)
        value = value.substr(1, value.size() - 2);
    // find_first_of() would call memchr() for each character.
    if (std::ranges::none_of(value, [](char c) { return c == '"' || c == ','; })) {
        std::ranges::copy(value, out.data() + from);
        return out.resize(from + value.size());
    }

    const std::string text{value};
    out.resize(from);
    out.push_back('"');
    for (std::size_t at = 0; at < text.size(); at++) {
        // JSON's own escape of a quote is not needed: CSV has one.
        if (is_string && text.compare(at, 2, "\\\"") == 0)
            continue;
        if (text[at] == '"')
            out.push_back('"');
        out.push_back(text[at]);
    }
    out.push_back('"');
}

void throw_unknown_field(std::string_view name, std::string_view known)
{
    throw Error{exit_usage, "--fields: there is no column or key '{}': choose from {}", name, known};
}

void throw_repeated_field(std::string_view name) { throw Error{exit_usage, "--fields: '{}' is given twice", name}; }

std::string field_name(std::string_view title)
{
    std::string name{title};

    for (char &c : name)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return name;
}

} // namespace snoop
