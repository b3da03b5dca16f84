// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/benign.hpp"
#include "snoop-why/case.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace snoop::snoop_why {
namespace {

// C libraries, shells and interpreters look for these and can do without them.
constexpr std::array<std::string_view, 17> names{
    "ld.so.preload", "ld.so.nohwcap",  "pyvenv.cfg",       "pybuilddir.txt",   "locale-archive",
    "ld.so.cache",   "nscd",           "locale.alias",     "gconv-modules",    "gconv-modules.cache",
    "package.json",  "pyproject.toml", "sitecustomize.py", "usercustomize.py", "gitattributes",
    "gitconfig",     "userdb"};
constexpr std::array<std::string_view, 4> endings{".mo", "._pth", ".pyc", "/LC_MESSAGES"};
constexpr std::array<std::string_view, 6> folders{"/locale/",   "/gconv/",       "/glibc-hwcaps/",
                                                  "/terminfo/", "/__pycache__/", "/userdb/"};
constexpr std::array<std::string_view, 5> beginnings{"/dev/tty", "/proc/self", "/sys/", "/proc/sys/",
                                                     "/etc/ld.so.conf"};

// These are read only to report an error: messages, the source text of a traceback, names of users.
constexpr std::array<std::string_view, 5> report_endings{".py", ".pyc", ".mo", ".pm", ".alias"};
constexpr std::array<std::string_view, 8> report_folders{
    "/locale/", "/gconv/", "/terminfo/", "/dev/", "/etc/passwd", "/etc/nsswitch.conf", "/etc/group", "/proc/"};

template <class Texts> bool contains_any(std::string_view path, const Texts &texts)
{
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view each) { return path.find(each) != path.npos; });
}

template <class Texts> bool ends_with_any(std::string_view path, const Texts &texts)
{
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view each) { return path.ends_with(each); });
}

// A file of a process, which may have ended while others are looked at.
bool is_of_a_process(std::string_view path)
{
    constexpr std::string_view proc = "/proc/";

    return path.starts_with(proc) && path.size() > proc.size() && path[proc.size()] >= '1' && path[proc.size()] <= '9';
}

} // namespace

bool is_benign(const Open &open)
{
    return (open.error == "ENOENT" && is_of_a_process(open.path)) ||
           std::find(names.begin(), names.end(), base_name(open.path)) != names.end() ||
           ends_with_any(open.path, endings) || contains_any(open.path, folders) ||
           std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view each) { return open.path.starts_with(each); });
}

bool is_optional(const Open &open)
{
    const auto is_hidden = [](std::string_view path) {
        for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1))
            if ((dot == 0 || path[dot - 1] == '/') && dot + 1 < path.size() && path[dot + 1] != '/' &&
                path[dot + 1] != '.')
                return true;
        return false;
    };

    return (open.error == "ENOENT" || open.error == "EACCES") && !open.creates && is_hidden(open.path);
}

bool is_fatal(const Open &open)
{
    constexpr std::array<std::string_view, 7> errors{"EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EROFS", "ENOMEM", "EIO"};

    return std::find(errors.begin(), errors.end(), open.error) != errors.end();
}

bool is_of_an_end(const Open &open)
{
    return open.for_writing || is_benign(open) || open.path == "." || ends_with_any(open.path, report_endings) ||
           contains_any(open.path, report_folders);
}

} // namespace snoop::snoop_why
