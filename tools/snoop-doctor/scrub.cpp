// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/scrub.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace snoop {
namespace {

constexpr std::string_view path_mark = "<path>";
constexpr std::string_view ends_of_path = " \t\"'`<>()[]{},;|";
constexpr std::array<std::string_view, 6> of_the_system{"/sys", "/proc", "/lib", "/lib64", "/usr/lib", "/usr/lib64"};

// Whether `path` is `directory` or below it.
bool is_below(std::string_view path, std::string_view directory)
{
    return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_private(std::string_view path)
{
    const bool goes_up = path.find("/..") != path.npos;
    return path.size() > 1 && (goes_up || std::ranges::none_of(of_the_system, [&](std::string_view directory) {
                                   return is_below(path, directory);
                               }));
}

// A slash within a word, as in "raw_tp/sys_exit", does not begin a path.
bool begins_path(std::string_view text, std::size_t at)
{
    if (text[at] != '/')
        return false;
    const char before = at == 0 ? ' ' : text[at - 1];
    return std::isalnum(static_cast<unsigned char>(before)) == 0 && before != '_' && before != '>' && before != '*';
}

std::string replaced(std::string text, const std::string &what)
{
    for (std::size_t at = 0; !what.empty() && (at = text.find(what, at)) != text.npos; at += path_mark.size())
        text.replace(at, what.size(), path_mark);
    return text;
}

} // namespace

std::string scrub(std::string_view text, const std::vector<std::string> &private_paths)
{
    std::string given{text}, out;

    for (const std::string &path : private_paths)
        if (is_private(path))
            given = replaced(given, path);
    for (std::size_t at = 0; at < given.size();) {
        const std::size_t end =
            begins_path(given, at) ? std::min(given.find_first_of(ends_of_path, at), given.size()) : at + 1;
        const std::string_view part = std::string_view{given}.substr(at, end - at);
        out += part.front() == '/' && is_private(part) ? path_mark : part;
        at = end;
    }
    return out;
}

} // namespace snoop
