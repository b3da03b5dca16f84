// SPDX-License-Identifier: BSD-2-Clause
#include "base/accounts.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <grp.h>
#include <memory>
#include <pwd.h>
#include <unistd.h>

namespace snoop {
namespace {

constexpr std::size_t entry_bytes = 16384;  // of passwd; far above sysconf(_SC_GETPW_R_SIZE_MAX)
constexpr std::size_t most_bytes = 1 << 26; // of an entry: a group names all its members

using File = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

File open_file(const char *path)
{
    return {std::fopen(path, "re"), [](std::FILE *file) { return std::fclose(file); }};
}

Account account_from(const passwd &entry)
{
    return {entry.pw_name, entry.pw_dir, entry.pw_shell, entry.pw_uid, entry.pw_gid};
}

// Calls read(file, &entry, buffer, size, &found), fgetpwent_r or fgetgrent_r, for the next entry. It stays at an entry
// that is longer than the buffer, which grows then. Returns false at the end.
template <class Entry, class Read>
bool next_entry(std::FILE *file, Entry &entry, std::vector<char> &buffer, const Read &read)
{
    Entry *found = nullptr;
    int error = 0;

    while ((error = read(file, &entry, buffer.data(), buffer.size(), &found)) == ERANGE && buffer.size() < most_bytes)
        buffer.resize(2 * buffer.size());
    return error == 0;
}

// The first account in the file for which `matches` is true.
template <class Matches> std::optional<Account> first_in(const char *passwd_file, const Matches &matches)
{
    const File file = open_file(passwd_file);
    std::vector<char> buffer(entry_bytes);
    passwd entry{};

    while (file && next_entry(file.get(), entry, buffer, fgetpwent_r))
        if (matches(entry))
            return account_from(entry);
    return std::nullopt;
}

} // namespace

std::optional<Account> find_account_in(const char *passwd_file, std::uint32_t uid)
{
    return first_in(passwd_file, [&](const passwd &entry) { return entry.pw_uid == uid; });
}

std::optional<Account> find_account_in(const char *passwd_file, std::string_view name)
{
    return first_in(passwd_file, [&](const passwd &entry) { return entry.pw_name == name; });
}

std::vector<gid_t> groups_in(const char *group_file, const Account &account)
{
    const File file = open_file(group_file);
    std::vector<char> buffer(entry_bytes);
    std::vector<gid_t> groups{account.gid};
    group entry{};

    while (file && next_entry(file.get(), entry, buffer, fgetgrent_r))
        for (char **member = entry.gr_mem; *member; member++)
            if (*member == account.name && std::ranges::find(groups, entry.gr_gid) == groups.end())
                groups.push_back(entry.gr_gid);
    return groups;
}

#ifdef SNOOP_STATIC

std::optional<Account> find_account(std::uint32_t uid) { return find_account_in("/etc/passwd", uid); }

std::optional<Account> find_account(const std::string &name) { return find_account_in("/etc/passwd", name); }

bool take_groups(const Account &account)
{
    const auto groups = groups_in("/etc/group", account);
    return setgroups(groups.size(), groups.data()) == 0;
}

#else

std::optional<Account> find_account(std::uint32_t uid)
{
    std::vector<char> buffer(entry_bytes);
    passwd entry{};
    passwd *found = nullptr;

    getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    return found ? std::optional{account_from(*found)} : std::nullopt;
}

std::optional<Account> find_account(const std::string &name)
{
    std::vector<char> buffer(entry_bytes);
    passwd entry{};
    passwd *found = nullptr;

    getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found ? std::optional{account_from(*found)} : std::nullopt;
}

bool take_groups(const Account &account) { return initgroups(account.name.c_str(), account.gid) == 0; }

#endif

} // namespace snoop
