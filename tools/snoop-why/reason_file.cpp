// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/benign.hpp"
#include "snoop-why/files.hpp"
#include "snoop-why/reasons.hpp"
#include "snoop-why/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace snoop::snoop_why {
namespace {

struct Missing {
    Search search{};
    std::vector<const Open *> opens{};
};

std::vector<Missing> missing_of(const Case &failed)
{
    std::vector<Missing> all;
    std::map<std::pair<std::uint32_t, std::string_view>, std::size_t> known; // process and name: index into all

    for (const Open *open : failed.opens) {
        if (open->error != "ENOENT")
            continue;
        const auto [it, is_new] = known.try_emplace({open->pid, searched_name(open->path)}, all.size());
        if (is_new)
            all.emplace_back();
        all[it->second].search.add(open->path);
        all[it->second].opens.push_back(open);
    }
    return all;
}

// Directories and names that exist now.
void say_files(const Missing &missing, Reason &reason)
{
    std::vector<std::string> directories;

    if (missing.opens.size() == 1)
        if (auto hint = why_missing(full_path(*missing.opens.front())); !hint.empty()) {
            reason.more.push_back(std::move(hint));
            return;
        }
    for (const Open *open : missing.opens)
        directories.emplace_back(directory_of(full_path(*open)));
    if (std::string near = near_phrase(near_files(directories, base_name(missing.opens.front()->path))); !near.empty())
        reason.more.push_back(std::move(near));
}

// "foo.conf in /srv" for what the program called "foo.conf".
std::string with_directory(const Open &open)
{
    const std::string full = full_path(open);

    if (open.path.starts_with('/') || full == open.path || !full.ends_with(open.path))
        return std::string{open.path};
    const std::string directory = full.substr(0, full.size() - open.path.size() - 1);
    return fmt::format("{} in {}", open.path, directory.empty() ? "/" : directory);
}

Reason reason_of(const Case &failed, const Missing &missing)
{
    const Open &last = *missing.opens.back();
    Reason reason{last.ts_ns, {}};

    reason.opens = missing.opens;
    const bool creates = last.creates && missing.search.paths().size() == 1;
    const std::string phrase =
        missing.search.paths().size() == 1 ? with_directory(last) : missing.search.phrase(is_library(last.path));
    if (is_library(missing.opens.front()->path))
        reason.text = fmt::format("{} found no library {}", name_of(last), phrase);
    else if (creates)
        reason.text = fmt::format("{} could not create {}: no such directory", name_of(last), last.path);
    else
        reason.text = fmt::format("{} found no {}", name_of(last), phrase);
    if (last.path.ends_with('\r'))
        reason.more.emplace_back("a carriage return is a part of that name: the lines of a script end in CR LF");
    else if (failed.is_live)
        say_files(missing, reason);
    return reason;
}

// Returns what the files say now about a refusal, to follow its text.
std::string detail_of(const Case &failed, const Open &open)
{
    const std::string path = full_path(open);

    if (!failed.is_live)
        return {};
    if (open.error == "EACCES") {
        constexpr unsigned read = 4, write = 2;
        if (const auto denies = who_denies(path, failed.program().user, open.for_writing ? write : read))
            return fmt::format(": {} denies {}", *denies, failed.program().user);
        if (open.creates && !exists(path))
            if (const auto denies = who_denies(std::string{directory_of(path)}, failed.program().user, write))
                return fmt::format(": {} of the directory denies {}", *denies, failed.program().user);
    }
    if (open.error == "ENOSPC") {
        const std::string lack = lack_of_room(path);
        return lack.empty() ? "" : fmt::format(": its file system has {}", lack);
    }
    if (open.error == "ENOTDIR")
        if (const auto file = file_on_the_way(path))
            return fmt::format(": {} is not a directory", *file);
    return {};
}

// The opens that were refused in the same way, one after the other.
std::vector<std::vector<const Open *>> refused_of(const Case &failed)
{
    std::vector<std::vector<const Open *>> all;
    std::map<std::tuple<std::uint32_t, std::string_view, std::string_view>, std::size_t> known; // index into all

    for (const Open *open : failed.opens) {
        if (open->error == "ENOENT")
            continue;
        const std::string_view path = is_fatal(*open) ? std::string_view{} : open->path;
        const auto [it, is_new] = known.try_emplace({open->pid, open->error, path}, all.size());
        if (is_new)
            all.emplace_back();
        all[it->second].push_back(open);
    }
    return all;
}

} // namespace

std::vector<Reason> files_not_found(const Case &failed)
{
    const Case without_files = unseen(failed);
    const std::vector<Missing> all = missing_of(failed);
    std::vector<Reason> reasons;

    for (std::size_t i = 0; i < all.size(); i++)
        reasons.push_back(reason_of(i + most_looked_at < all.size() ? without_files : failed, all[i]));
    return reasons;
}

std::vector<Reason> files_refused(const Case &failed)
{
    const Case without_files = unseen(failed);
    const auto all = refused_of(failed);
    std::vector<Reason> reasons;

    for (std::size_t i = 0; i < all.size(); i++) {
        const Open &open = *all[i].front();
        reasons.push_back({all[i].back()->ts_ns,
                           fmt::format("{} could not {} {}: {}{}", name_of(open), open.creates ? "create" : "open",
                                       open.path, error_text(open.error),
                                       detail_of(i + most_looked_at < all.size() ? without_files : failed, open))});
        reasons.back().opens = all[i];
    }
    return reasons;
}

} // namespace snoop::snoop_why
