// SPDX-License-Identifier: BSD-2-Clause
#include "base/users.hpp"
#include "base/error.hpp"

#include <charconv>
#include <cstdlib>
#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace snoop {
namespace {

constexpr std::size_t passwd_bytes = 16384; // far above sysconf(_SC_GETPW_R_SIZE_MAX)

std::optional<std::uint32_t> parse_id(std::string_view text)
{
    std::uint32_t id = 0;
    const char *end = text.data() + text.size();
    const auto [stop, err] = std::from_chars(text.data(), end, id);

    return err == std::errc{} && stop == end && id != UINT32_MAX ? std::optional{id} : std::nullopt;
}

std::uint32_t id_of_variable(const char *name)
{
    const char *text = std::getenv(name);
    const auto id = parse_id(text ? text : "");

    if (!id)
        throw Error{exit_usage, "{}: '{}' is not an ID as sudo sets it: unset SUDO_UID, or run this by sudo", name,
                    text ? text : ""};
    return *id;
}

} // namespace

std::optional<UserIds> sudo_user()
{
    if (geteuid() != 0 || !std::getenv("SUDO_UID"))
        return std::nullopt;
    return UserIds{id_of_variable("SUDO_UID"), id_of_variable("SUDO_GID")};
}

std::optional<std::string_view> UserNames::find(std::uint32_t uid)
{
    if (!on_)
        return std::nullopt;
    auto [at, is_new] = names_.try_emplace(uid);
    if (is_new) {
        std::vector<char> buffer(passwd_bytes);
        passwd entry{};
        passwd *found = nullptr;
        getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
        if (found)
            at->second = found->pw_name;
    }
    if (at->second.empty())
        return std::nullopt;
    return at->second;
}

std::uint32_t parse_user(std::string_view text)
{
    if (const auto uid = parse_id(text))
        return *uid;

    std::vector<char> buffer(passwd_bytes);
    passwd entry{};
    passwd *found = nullptr;
    getpwnam_r(std::string{text}.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (!found)
        throw Error{exit_usage, "--uid: no user is named '{}': give a name from /etc/passwd, or a number", text};
    return found->pw_uid;
}

} // namespace snoop
