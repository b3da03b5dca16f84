// SPDX-License-Identifier: BSD-2-Clause
// A value of a filter, which is turned into its opposite by a "!" before it.
//     const Condition<std::uint32_t> no_root = parse_condition("--uid", "!root", parse);   // {0, true}
//     const bool passes = conditions_hold(conditions, [&](const auto &value) { return value == uid; });
#pragma once

#include "base/error.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

template <class T> struct Condition {
    T value{};
    bool is_not = false;

    bool operator==(const Condition &) const = default;
};

// For clang 14, which deduces no arguments of aggregates.
template <class T> Condition(T value) -> Condition<T>;
template <class T> Condition(T value, bool is_not) -> Condition<T>;

// `parse` takes the option's name and the value without the "!". A value that begins with "!" itself has a backslash
// before it. Throws Error (exit 2) for a "!" alone, and what `parse` throws.
template <class Parse>
auto parse_condition(std::string_view option, const std::string &text, Parse parse)
    -> Condition<decltype(parse(option, text))>
{
    const bool is_not = text.starts_with('!'), is_escaped = text.starts_with("\\!");

    if (text == "!")
        throw Error{exit_usage, "{}: '!' leaves out nothing: give a value after it", option};
    return {parse(option, is_not || is_escaped ? text.substr(1) : text), is_not};
}

// Whether some condition is one without a "!", or with it.
template <class T> bool has_positive(const std::vector<Condition<T>> &conditions)
{
    return !std::ranges::all_of(conditions, &Condition<T>::is_not);
}
template <class T> bool has_negative(const std::vector<Condition<T>> &conditions)
{
    return std::ranges::any_of(conditions, &Condition<T>::is_not);
}

// True if one of the values without a "!" matches, or there are none, and no value with a "!" does.
template <class T, class Matches> bool conditions_hold(const std::vector<Condition<T>> &conditions, Matches matches)
{
    const auto any_matches = [&](bool is_not) {
        return std::ranges::any_of(conditions,
                                   [&](const Condition<T> &c) { return c.is_not == is_not && matches(c.value); });
    };

    return (!has_positive(conditions) || any_matches(false)) && !any_matches(true);
}

} // namespace snoop
