// SPDX-License-Identifier: BSD-2-Clause
// Values in the columns of several tools: lists of strings, paths, device numbers, ids of execs.
//     std::string_view bytes = …;                       // "ls\0-l\0"
//     while (!bytes.empty()) use(take_string(bytes));   // "ls", "-l"
#pragma once

#include "table/columns.hpp"
#include <snoop/file.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace snoop {

// The text in a fixed char array from the kernel, up to its NUL.
template <std::size_t N> std::string_view text_of(const char (&field)[N])
{
    const std::string_view whole{field, N};
    return whole.substr(0, std::min(whole.find('\0'), N));
}

// Removes the string up to the next NUL, or to the end, from the front of bytes.
std::string_view take_string(std::string_view &bytes);

// Strings that each end with a NUL; the last one may lack it. JSON: an array.
struct Strings {
    std::string_view bytes;
};
void put_json(JsonWriter &json, Strings strings);
constexpr JsonType json_type_of(std::type_identity<Strings>) { return json_type<std::vector<std::string_view>>; }

// A path as walk_path() in bpf/lib/path.bpf.h stores it: its components, innermost first,
// each with its NUL. Text: "/usr/bin"; ".../bin" if the upper components are missing. With a file: named as in
// /proc/PID/fd, "/tmp/x (deleted)", "pipe:[77]"; "mnt:[4026532287]/tmp/x" in another mount namespace, and
// "(unreachable)/x", as getcwd(2) has it, in a detached mount.
struct PathComponents {
    std::string_view bytes;
    bool cut;
    const snoop_file *file = nullptr;
};
void put_json(JsonWriter &json, PathComponents path);
constexpr JsonType json_type_of(std::type_identity<PathComponents>) { return json_string; }

// A directory and the path below it that the caller passed; an absolute `rest` is below the
// root directory `base`.
struct ResolvedPath {
    PathComponents base;
    std::string_view rest;
};
void put_json(JsonWriter &json, ResolvedPath path);
constexpr JsonType json_type_of(std::type_identity<ResolvedPath>) { return json_string; }
void put_text(Buffer &out, ResolvedPath path, Spaces spaces);
std::string to_string(ResolvedPath path);

// A file system's device number as the kernel encodes it. Shown as "8:1", like in /proc/self/mountinfo.
struct DeviceNumber {
    std::uint32_t number;
};
std::string to_string(DeviceNumber dev);
void put_json(JsonWriter &json, DeviceNumber dev);
constexpr JsonType json_type_of(std::type_identity<DeviceNumber>) { return json_string; }

// The id of an exec: JSON would round a number of 64 bits, so it is a string of 16 hexadecimal digits.
struct ExecId {
    std::uint64_t number;
};
void put_json(JsonWriter &json, ExecId id);
constexpr JsonType json_type_of(std::type_identity<ExecId>) { return json_string; }

} // namespace snoop
