// SPDX-License-Identifier: BSD-2-Clause
#include "base/place_filter.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace snoop {
namespace {

constexpr std::size_t id_digits = 12; // as runtimes show ids, and the fewest that mean one

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

// Whether a value can only be an id, so that no name needs to be looked for.
bool is_id(std::string_view value) { return value.size() >= id_digits && value.size() <= 64 && is_hex(value); }

bool matches_text(std::string_view value, const std::string &text)
{
    return has_wildcard(value) ? matches_pattern(std::string{value}, text) : value == text;
}

bool is_container(std::string_view value, const CgroupPlace &place, const PlaceFilter::FindName &find_name)
{
    if (!place.container_id)
        return false;
    if (matches_text(value, *place.container_id))
        return true;
    if (is_id(value) && place.container_id->size() == 64 && place.container_id->starts_with(value))
        return true;
    const auto name = is_id(value) ? std::nullopt : find_name(place);
    return name && matches_text(value, *name);
}

// The containers that a path is in, from the outermost on.
std::vector<CgroupPlace> containers_of(std::string_view path, const ContainerFinder *finder)
{
    std::vector<CgroupPlace> all;

    for (std::size_t end = 1; end <= path.size() && !path.empty(); end++) {
        end = std::min(path.find('/', end), path.size());
        CgroupPlace place = find_place(path.substr(0, end), finder);
        if (place.container_id && (all.empty() || all.back().container_id != place.container_id))
            all.push_back(std::move(place));
    }
    return all;
}

// The components of a path, without the _ that systemd puts before a name that the kernel could take for its own.
std::vector<std::string> names_in(std::string_view path)
{
    std::vector<std::string> all;

    while (!path.empty()) {
        std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), name.size() + 1));
        name.remove_prefix(name.starts_with('_') ? 1 : 0);
        if (!name.empty())
            all.emplace_back(name);
    }
    return all;
}

bool is_in_container(std::string_view value, const std::vector<CgroupPlace> &places,
                     const PlaceFilter::FindName &find_name)
{
    return std::ranges::any_of(places, [&](const CgroupPlace &place) { return is_container(value, place, find_name); });
}

bool is_in_unit(std::string_view value, const std::vector<std::string> &names)
{
    return std::ranges::any_of(names, [&](const std::string &name) { return matches_text(value, name); });
}

template <class Matches>
std::vector<std::string> unmatched(const PlaceFilter::Conditions &conditions, const std::vector<std::string> &paths,
                                   Matches matches)
{
    std::vector<std::string> all;

    for (const auto &[value, is_not] : conditions)
        if (!is_not &&
            std::ranges::none_of(paths, [&, &name = value](const std::string &path) { return matches(name, path); }))
            all.push_back(value);
    return all;
}

} // namespace

std::string parse_container(std::string_view option, const std::string &text)
{
    if (text.empty())
        throw Error{exit_usage, "{}: the name is empty", option};
    return text;
}

std::string parse_unit(std::string_view option, const std::string &text)
{
    // systemd.unit(5)
    constexpr std::array suffixes{".service", ".scope", ".slice", ".mount", ".socket", ".swap"};
    const auto ends_in = [&](const char *suffix) { return text.ends_with(suffix); };

    if (text.empty())
        throw Error{exit_usage, "{}: the name is empty", option};
    return has_wildcard(text) || std::ranges::any_of(suffixes, ends_in) ? text : text + ".service";
}

bool can_match_several(const PlaceFilter::Conditions &containers)
{
    return containers.size() > 1 || std::ranges::any_of(containers, [](const Condition<std::string> &condition) {
               return condition.is_not || has_wildcard(condition.value);
           });
}

bool PlaceFilter::admits(std::string_view path, const FindName &find_name, const ContainerFinder *finder) const
{
    const std::vector<std::string> names = names_in(path);

    if (!conditions_hold(units_, [&](std::string_view value) { return is_in_unit(value, names); }))
        return false;
    const std::vector<CgroupPlace> places = containers_of(path, finder);
    return conditions_hold(containers_,
                           [&](std::string_view value) { return is_in_container(value, places, find_name); });
}

std::vector<std::string> PlaceFilter::unmatched_containers(const std::vector<std::string> &paths,
                                                           const FindName &find_name,
                                                           const ContainerFinder *finder) const
{
    return unmatched(containers_, paths, [&](const std::string &value, const std::string &path) {
        return is_in_container(value, containers_of(path, finder), find_name);
    });
}

std::vector<std::string> PlaceFilter::unmatched_units(const std::vector<std::string> &paths) const
{
    return unmatched(units_, paths, [&](const std::string &value, const std::string &path) {
        return is_in_unit(value, names_in(path));
    });
}

} // namespace snoop
