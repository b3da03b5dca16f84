// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-why/files.hpp"
#include "base/accounts.hpp"
#include "base/suggest.hpp"
#include "snoop-why/case.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>

namespace snoop::snoop_why {
namespace {

// "/", "/srv", "/srv/secret" for "/srv/secret/key".
std::vector<std::string> directories_of(const std::string &path)
{
    std::vector<std::string> all;

    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
        all.push_back(slash == 0 ? "/" : path.substr(0, slash));
    return all;
}

std::string owner_of(const struct stat &status)
{
    const auto account = find_account(status.st_uid);
    return account ? account->name : std::to_string(status.st_uid);
}

// The bits of the mode that are for this user, by the rules of path_resolution(7), without those of capabilities.
unsigned bits_for(const struct stat &status, const Account &user, const std::vector<gid_t> &groups)
{
    if (status.st_uid == user.uid)
        return (status.st_mode >> 6) & 7U;
    if (std::find(groups.begin(), groups.end(), status.st_gid) != groups.end())
        return (status.st_mode >> 3) & 7U;
    return status.st_mode & 7U;
}

} // namespace

std::optional<std::string> who_denies(const std::string &path, std::string_view user, unsigned wanted)
{
    constexpr unsigned execute = 1;
    const auto account = find_account(std::string{user});
    if (!account)
        return std::nullopt;
    std::vector<gid_t> groups = groups_in("/etc/group", *account);
    const bool is_root = account->uid == 0;
    groups.push_back(account->gid);
    struct stat status {};

    for (const std::string &directory : directories_of(path)) {
        if (stat(directory.c_str(), &status) != 0)
            return std::nullopt;
        if (!is_root && S_ISDIR(status.st_mode) && (bits_for(status, *account, groups) & execute) == 0)
            return fmt::format("the directory {} (mode {:04o}, owner {})", directory, status.st_mode & 07777U,
                               owner_of(status));
    }
    if (stat(path.c_str(), &status) != 0)
        return std::nullopt;
    // Root may read and write all, but executes only what somebody may execute.
    const bool denies = is_root ? wanted == execute && (status.st_mode & 0111U) == 0
                                : (bits_for(status, *account, groups) & wanted) != wanted;
    if (!denies)
        return std::nullopt;
    return fmt::format("its mode {:04o}, owner {}", status.st_mode & 07777U, owner_of(status));
}

std::string why_missing(const std::string &path)
{
    std::error_code error;
    std::vector<std::string> parts = directories_of(path);

    if (exists(path))
        return fmt::format("{} exists now: it was created since, or the program had another root directory", path);
    parts.push_back(path);
    for (const std::string &part : parts)
        if (std::filesystem::is_symlink(part, error) && !exists(part))
            return fmt::format("{} is a link to {}, which does not exist", part,
                               std::filesystem::read_symlink(part, error).string());
    for (const std::string &part : directories_of(path))
        if (!exists(part))
            return fmt::format("the directory {} does not exist", part);
    return {};
}

std::optional<std::string> file_on_the_way(const std::string &path)
{
    struct stat status {};

    for (const std::string &directory : directories_of(path))
        if (stat(directory.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
            return directory;
    return std::nullopt;
}

bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }

bool is_noexec(const std::string &path)
{
    struct statvfs status {};

    return statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0;
}

std::string lack_of_room(const std::string &path)
{
    struct statvfs status {};

    if (statvfs(std::string{directory_of(path)}.c_str(), &status) != 0)
        return {};
    if (status.f_files > 0 && status.f_favail == 0)
        return "no free inodes";
    return status.f_blocks > 0 && status.f_bavail == 0 ? "no free blocks" : "";
}

std::vector<std::string> near_files(const std::vector<std::string> &directories, std::string_view name)
{
    Suggestions suggestions{name};
    std::unordered_map<std::string, std::string> paths;
    std::error_code error;

    for (const std::string &directory : directories)
        for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error)) {
            const std::string found = it->path().filename().string();
            if (found == name) // it exists by now
                continue;
            suggestions.consider(found);
            paths.try_emplace(found, it->path().string());
        }
    std::vector<std::string> near = suggestions.names();
    for (std::string &each : near)
        each = paths[each];
    return near;
}

std::string near_phrase(const std::vector<std::string> &near)
{
    return near.empty() ? "" : fmt::format("there {} {}", near.size() == 1 ? "is" : "are", fmt::join(near, ", "));
}

std::vector<std::string> directories_of_path(std::string_view path)
{
    std::vector<std::string> all;

    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        all.emplace_back(end == at ? "." : path.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

} // namespace snoop::snoop_why
