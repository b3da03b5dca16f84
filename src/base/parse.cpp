// SPDX-License-Identifier: BSD-2-Clause
#include "base/parse.hpp"
#include "base/error.hpp"

#include <charconv>
#include <optional>
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

std::uint32_t parse_pid(std::string_view option, std::string_view text)
{
    const auto pid = number_in<std::uint32_t>(text);

    if (!pid || *pid == 0 || *pid > pid_max_limit)
        throw Error{exit_usage, "{}: invalid process ID '{}': give a number from 1 to {}", option, text, pid_max_limit};
    return *pid;
}

} // namespace snoop
