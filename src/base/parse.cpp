// SPDX-License-Identifier: BSD-2-Clause
#include "base/parse.hpp"
#include "base/error.hpp"
#include "base/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace snoop {
namespace {

constexpr std::uint32_t pid_max_limit = 4 * 1024 * 1024;

// The number that is all of `text`. CLI11 would take -1 for the largest number.
template <class T> std::optional<T> number_in(std::string_view text)
{
    T number{};
    const char *end = text.data() + text.size();
    const auto [stop, err] = std::from_chars(text.data(), end, number);

    return err == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

} // namespace

std::uint64_t parse_size(std::string_view option, std::string_view text)
{
    constexpr std::string_view units = "KMGkmg";
    const std::size_t unit = text.empty() ? units.npos : units.find(text.back());
    const bool has_unit = unit != units.npos;
    const std::size_t shift = has_unit ? 10 * (unit % 3 + 1) : 0;
    const auto number = number_in<std::uint64_t>(text.substr(0, text.size() - has_unit));

    if (!number || *number > (UINT64_MAX >> shift))
        throw Error{exit_usage, "{}: invalid size '{}': give bytes, or a number with K, M or G", option, text};
    return *number << shift;
}

double parse_seconds(std::string_view option, std::string_view text)
{
    const auto seconds = number_in<double>(text);

    // The negation also catches NaN; a billion seconds is far above any use.
    if (!seconds || !(*seconds > 0 && *seconds < 1e9))
        throw Error{exit_usage, "{}: invalid time '{}': give seconds above 0", option, text};
    return *seconds;
}

std::uint64_t parse_time_ns(std::string_view option, std::string_view text)
{
    constexpr std::pair<std::string_view, double> units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

    for (const auto &[unit, ns] : units) {
        if (!text.ends_with(unit))
            continue;
        const auto number = number_in<double>(text.substr(0, text.size() - unit.size()));
        // The negation also catches NaN.
        if (!number || !(*number * ns >= 1 && *number * ns < 1e18))
            break;
        return static_cast<std::uint64_t>(*number * ns);
    }
    throw Error{exit_usage, "{}: invalid time '{}': give a number above 0 with ns, us, ms or s", option, text};
}

std::uint64_t parse_count(std::string_view option, std::string_view text, std::uint64_t most)
{
    const auto count = number_in<std::uint64_t>(text);

    if (!count || *count == 0)
        throw Error{exit_usage, "{}: invalid count '{}': give a number from 1", option, text};
    if (*count > most)
        throw Error{exit_usage, "{}: invalid count '{}': give at most {}", option, text, most};
    return *count;
}

namespace {

std::uint32_t parse_id(std::string_view option, std::string_view text, std::string_view kind)
{
    const auto id = number_in<std::uint32_t>(text);

    if (!id || *id == 0 || *id > pid_max_limit)
        throw Error{exit_usage,   "{}: invalid {} ID '{}': give a number from 1 to {}", option, kind, text,
                    pid_max_limit};
    return *id;
}

} // namespace

std::uint32_t parse_pid(std::string_view option, std::string_view text) { return parse_id(option, text, "process"); }

std::uint32_t parse_tid(std::string_view option, std::string_view text) { return parse_id(option, text, "thread"); }

std::uint32_t parse_errno(std::string_view option, std::string_view text)
{
    // Second names of errors, which errno_name() does not use.
    constexpr std::pair<std::string_view, int> other_names[] = {
        {"EWOULDBLOCK", EWOULDBLOCK}, {"EDEADLOCK", EDEADLOCK}, {"EOPNOTSUPP", EOPNOTSUPP}, {"ENOTSUP", ENOTSUP}};
    constexpr std::uint32_t last = 4095, last_named = 531; // include/linux/err.h, include/linux/errno.h
    const auto number = number_in<std::uint32_t>(text);
    std::string name{text};

    if (number && *number <= last)
        return *number;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (const auto &[other_name, value] : other_names)
        if (name == other_name)
            return static_cast<std::uint32_t>(value);
    Suggestions suggestions{name};
    for (std::uint32_t value = 1; value <= last_named; value++) {
        const std::string known = errno_name(static_cast<int>(value));
        if (known == name)
            return value;
        if (known != fmt::format("E{}", value))
            suggestions.consider(known);
    }
    const std::string hint = suggestions.hint();
    throw Error{exit_usage, "{}: unknown error '{}'{}", option, text,
                hint.empty() ? fmt::format(": give a name such as ENOENT, or a number up to {}", last) : hint};
}

} // namespace snoop
