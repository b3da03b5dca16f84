// SPDX-License-Identifier: BSD-2-Clause
#include "cli/task_filters.hpp"
#include "base/error.hpp"
#include "base/parse.hpp"
#include "base/users.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace snoop {

FilterKey filter_key(std::uint32_t number)
{
    FilterKey key{};

    std::memcpy(key.data(), &number, sizeof(number));
    return key;
}

FilterKey filter_key(std::string_view name)
{
    FilterKey key{};

    std::copy_n(name.begin(), std::min(name.size(), key.size()), key.begin());
    return key;
}

FilterKey name_key(const char (&name)[SNOOP_COMM_LEN])
{
    return filter_key(std::string_view{name, strnlen(name, sizeof(name))});
}

std::uint32_t number_of(const FilterKey &key)
{
    std::uint32_t number = 0;

    std::memcpy(&number, key.data(), sizeof(number));
    return number;
}

FilterKey detail::parse_uid_key(std::string_view, const std::string &text) { return filter_key(parse_user(text)); }

FilterKey detail::parse_pid_key(std::string_view option, const std::string &text)
{
    return filter_key(parse_pid(option, text));
}

FilterKey detail::parse_tid_key(std::string_view option, const std::string &text)
{
    return filter_key(parse_tid(option, text));
}

FilterKey detail::parse_errno_key(std::string_view option, const std::string &text)
{
    return filter_key(parse_errno(option, text));
}

FilterKey detail::parse_comm_key(std::string_view option, const std::string &text)
{
    constexpr std::size_t most = SNOOP_COMM_LEN - 1; // without the NUL

    if (text.empty() || text.size() > most)
        throw Error{
            exit_usage, "{}: invalid name '{}' of {} bytes: the kernel keeps 1 to {}", option, text, text.size(), most};
    return filter_key(std::string_view{text});
}

} // namespace snoop
