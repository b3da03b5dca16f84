// SPDX-License-Identifier: BSD-2-Clause
#include "opencount/key_text.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace snoop::opencount {
namespace {

std::string_view up_to_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

// The path that the program resolved, if it did. A directory or a suffix is taken from it without the mark of a
// deleted file.
std::optional<std::string> resolved_path(const open_name &name, std::string_view data, bool marks_deleted)
{
    const open_event &open = name.open;
    const bool is_base = open.rec.flags & OPEN_FLAG_BASE_ONLY;
    snoop_file file = open.file;

    if (!(open.rec.flags & OPEN_FLAG_HAS_RESOLVED) || (is_base && open.path_len == 0) ||
        file.place >= SNOOP_PLACE_UNKNOWN)
        return std::nullopt;
    file.deleted = file.deleted && marks_deleted;
    const std::string_view bytes = data.substr(std::min<std::size_t>(open.path_len, data.size()));
    const PathComponents components{bytes, (open.rec.flags & OPEN_FLAG_RESOLVED_CUT) != 0, &file};
    return to_string(ResolvedPath{components, is_base ? up_to_nul(data.substr(0, open.path_len)) : std::string_view{}});
}

std::string directory_of(std::string_view path)
{
    const std::size_t slash = path.rfind('/');

    if (slash == std::string_view::npos)
        return ".";
    path = path.substr(0, slash);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return path.empty() ? "/" : std::string{path};
}

std::string suffix_of(std::string_view path)
{
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');

    return dot == std::string_view::npos || dot == 0 ? "none" : std::string{name.substr(dot)};
}

} // namespace

std::string key_text(open_by by, const open_name &name, std::string_view data, const Redactor *redactor)
{
    const open_event &open = name.open;
    const bool is_file = (open.rec.flags & OPEN_FLAG_HAS_RESOLVED) && !(open.rec.flags & OPEN_FLAG_BASE_ONLY);
    data = data.substr(0, std::size_t{open.path_len} + open.resolved_len);
    const auto resolved = resolved_path(name, data, by == OPEN_BY_PATH);

    if (!resolved && open.rec.flags & OPEN_FLAG_NO_PATH)
        return "<fault>";
    if (!resolved && open.path_len == 0)
        return "-";
    const std::string whole = resolved ? *resolved : std::string{up_to_nul(data.substr(0, open.path_len))};
    const std::string path = redactor ? redactor->text(whole) : whole;
    if (by == OPEN_BY_PATH)
        return path.empty() ? R"("")" : path;
    if (is_file && open.file.place == SNOOP_PLACE_NAMELESS)
        return by == OPEN_BY_DIR ? "-" : "none";
    return by == OPEN_BY_DIR ? directory_of(path) : suffix_of(path);
}

} // namespace snoop::opencount
