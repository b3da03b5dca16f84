// SPDX-License-Identifier: BSD-2-Clause
#include "table/values.hpp"

#include <fmt/compile.h>

#include <linux/magic.h>

#include <array>

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

constexpr std::uint32_t dma_buf_magic = 0x444d4142, pid_fs_magic = 0x50494446; // include/uapi/linux/magic.h

// The name of a file without a directory, as its file system's d_dname() prints it. `name` is that of its dentry; for
// a namespace that of its kind.
template <class Put> void put_nameless(const snoop_file &file, std::string_view name, Put put)
{
    const auto numbered = [&](std::string_view kind) { put(kind), put(fmt::format(":[{}]", file.ino)); };

    switch (file.magic) {
    case PIPEFS_MAGIC: return numbered("pipe");
    case SOCKFS_MAGIC: return numbered("socket");
    case NSFS_MAGIC: return numbered(name);
    case pid_fs_magic: return put("anon_inode:[pidfd]");
    case ANON_INODE_FS_MAGIC: return put("anon_inode:"), put(name);
    case dma_buf_magic: return put("/"), put(name), put(":");
    default: return put("/"), put(name), put(" (deleted)"); // simple_dname(), as of memfds
    }
}

template <class Put> void put_place(const snoop_file &file, Put put)
{
    if (file.place == SNOOP_PLACE_UNREACHABLE)
        put("(unreachable)");
    if (file.place == SNOOP_PLACE_ELSEWHERE)
        put(fmt::format("mnt:[{}]", file.mnt_ns));
}

// Calls put("/"), put("etc"), put("/"), put("passwd") for /etc/passwd.
template <class Put> void for_each_part(PathComponents path, Put put)
{
    std::string_view left = path.bytes;

    if (path.file && path.file->place == SNOOP_PLACE_NAMELESS)
        return put_nameless(*path.file, take_string(left), put);
    if (path.file)
        put_place(*path.file, put);
    if (path.cut)
        put("...");
    while (!left.empty()) {
        left.remove_suffix(1);                                 // its NUL
        const std::size_t start = left.find_last_of('\0') + 1; // npos + 1 is 0
        put("/");
        put(left.substr(start));
        left = left.substr(0, start);
    }
    if (path.file && path.file->deleted)
        put(" (deleted)");
}

bool is_root(PathComponents path)
{
    return path.bytes.empty() && !path.cut && (!path.file || path.file->place != SNOOP_PLACE_NAMELESS);
}

template <class Put> void for_each_part(ResolvedPath path, Put put)
{
    for_each_part(path.base, put);
    if (!path.rest.empty() && path.rest.front() != '/')
        put("/");
    put(path.rest);
    if (path.rest.empty() && is_root(path.base))
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

// Compiled formats, since these stand in each row: fmt would read others each time.
std::string to_string(DeviceNumber dev)
{
    return fmt::format(FMT_COMPILE("{}:{}"), dev.number >> 20, dev.number & 0xfffff);
}

void put_json(JsonWriter &json, DeviceNumber dev) { json.value(std::string_view{to_string(dev)}); }

void put_json(JsonWriter &json, ExecId id)
{
    std::array<char, 16> text{};
    fmt::format_to(text.begin(), FMT_COMPILE("{:016x}"), id.number);
    json.value(std::string_view{text.begin(), text.size()});
}

} // namespace snoop
