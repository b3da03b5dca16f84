// SPDX-License-Identifier: BSD-2-Clause
// Names of users by their ID, and IDs by their name.
//     UserNames users;
//     users.find(0);        // "root"
//     parse_user("root");   // 0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace snoop {

// Looks up each user once, since the user database may be slow (LDAP).
class UserNames {
public:
    // Nothing if no user has this ID, or after turn_off().
    std::optional<std::string_view> find(std::uint32_t uid);

    // The IDs come from another host, whose names are not known here.
    void turn_off() noexcept { on_ = false; }

private:
    bool on_ = true;
    std::unordered_map<std::uint32_t, std::string> names_;
};

struct UserIds {
    std::uint32_t uid, gid;
};

// The user who called sudo, if this process is root by it. Throws Error (exit 2) if SUDO_UID or SUDO_GID is not an ID.
std::optional<UserIds> sudo_user();

// The ID of the user with this name or number. Throws Error (exit 2) for an unknown name;
// every number from 0 to 4294967294 is accepted.
std::uint32_t parse_user(std::string_view text);

} // namespace snoop
