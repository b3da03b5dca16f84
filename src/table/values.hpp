// SPDX-License-Identifier: BSD-2-Clause
// Values that columns of several tools show: strings in a row, paths in components.
//     std::string_view bytes = …;                       // "ls\0-l\0"
//     while (!bytes.empty()) use(take_string(bytes));   // "ls", "-l"
#pragma once

#include "table/columns.hpp"

#include <string>
#include <string_view>

namespace snoop {

// A fixed char array of the kernel's, up to its NUL.
template <std::size_t N> std::string_view text_of(const char (&field)[N])
{
    const std::string_view whole{field, N};
    return whole.substr(0, std::min(whole.find('\0'), N));
}

// Takes the string up to the next NUL, or all, off the front of bytes.
std::string_view take_string(std::string_view &bytes);

// Strings, each with its NUL (the last one may lack it). JSON: an array.
struct Strings {
    std::string_view bytes;
};
void put_json(JsonWriter &json, Strings strings);
constexpr JsonType json_type_of(std::type_identity<Strings>) { return json_type<std::vector<std::string_view>>; }

// A path as read_path() in bpf/lib/path.bpf.h leaves it: its components, innermost
// first, each with its NUL. "/" and its like; ".../x" where the top is missing.
struct PathComponents {
    std::string_view bytes;
    bool cut;
};
void put_json(JsonWriter &json, PathComponents path);
constexpr JsonType json_type_of(std::type_identity<PathComponents>) { return json_string; }

// A path, and what is below it by the caller's own words; an absolute `rest` is below a
// root directory.
struct ResolvedPath {
    PathComponents base;
    std::string_view rest;
};
void put_json(JsonWriter &json, ResolvedPath path);
constexpr JsonType json_type_of(std::type_identity<ResolvedPath>) { return json_string; }
void put_text(Buffer &out, ResolvedPath path, Spaces spaces);
std::string to_string(ResolvedPath path);

} // namespace snoop
