// SPDX-License-Identifier: BSD-2-Clause
// The system's accounts, by ID or name. A static program reads /etc/passwd and /etc/group alone: NSS would load
// libraries of the system's C library, which may be another one.
//     find_account(0)->home;         // "/root"
//     find_account("root")->uid;     // 0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

struct Account {
    std::string name, home, shell;
    std::uint32_t uid = 0, gid = 0;
};

std::optional<Account> find_account(std::uint32_t uid);
std::optional<Account> find_account(const std::string &name);

// Gives this process the groups of an account, like initgroups(3). Returns false, with errno, if that fails.
bool take_groups(const Account &account);

// These read files with the formats of passwd(5) and group(5). A file that cannot be read counts as empty.
std::optional<Account> find_account_in(const char *passwd_file, std::uint32_t uid);
std::optional<Account> find_account_in(const char *passwd_file, std::string_view name);
std::vector<gid_t> groups_in(const char *group_file, const Account &account);

} // namespace snoop
