// SPDX-License-Identifier: BSD-2-Clause
// Names for numbers: users, errors, signals; and users' numbers for their names.
//     UserNames users;
//     users.find(0);             // "root"
//     snoop::errno_name(2);      // "ENOENT"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace snoop {

// Each user is looked up once; a row must not cost a walk through the user database.
class UserNames {
public:
    // Nothing if no user has that id, or if look-ups are off (see below).
    std::optional<std::string_view> find(std::uint32_t uid);

    // The ids are another host's: their names can't be known here.
    void turn_off() noexcept { on_ = false; }

private:
    bool on_ = true;
    std::unordered_map<std::uint32_t, std::string> names_;
};

// The id of a user given by name or number. Throws Error (exit 2) for an unknown
// name; any number from 0 to 4294967294 is taken as it is.
std::uint32_t parse_user(std::string_view text);

// "ENOENT" for 2; the number for one that has no name.
std::string errno_name(int err);

// "SIGSEGV" for 11; "SIG34" for one that has no name.
std::string signal_name(int signal);

} // namespace snoop
