// SPDX-License-Identifier: BSD-2-Clause
#include "base/users.hpp"
#include "base/accounts.hpp"
#include "base/error.hpp"

#include <charconv>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

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
        if (auto found = find_account(uid))
            at->second = std::move(found->name);
    }
    if (at->second.empty())
        return std::nullopt;
    return at->second;
}

std::uint32_t parse_user(std::string_view text)
{
    if (const auto uid = parse_id(text))
        return *uid;

    const auto found = find_account(std::string{text});
    if (!found)
        throw Error{exit_usage, "--uid: no user is named '{}': give a name from /etc/passwd, or a number", text};
    return found->uid;
}

} // namespace snoop
