// SPDX-License-Identifier: BSD-2-Clause
#include "count/cgroup_groups.hpp"

#include <cstddef>
#include <fmt/format.h>

namespace snoop {
namespace {

constexpr std::string_view nowhere = "-", unknown = "cgroup:";

} // namespace

std::string CgroupGroups::of(std::uint64_t id)
{
    const auto path = names_.find(id);

    if (!path)
        return fmt::format("{}{}", unknown, id);
    const CgroupPlace &place = places_.of(id, path);
    if (by_ == By::unit)
        return place.unit.value_or(std::string{nowhere});
    if (!place.container_id)
        return std::string{nowhere};
    return fmt::format("{}:{}", place.runtime.value_or("container"), *place.container_id);
}

std::optional<ContainerName> container_of(std::string_view name)
{
    const std::size_t colon = name.find(':');

    if (colon == std::string_view::npos || name.starts_with(unknown))
        return std::nullopt;
    return ContainerName{name.substr(0, colon), name.substr(colon + 1)};
}

std::optional<std::string_view> unit_of(std::string_view name)
{
    return name.empty() || name == nowhere || name.starts_with(unknown) ? std::nullopt : std::optional{name};
}

std::string short_container_name(std::string_view name)
{
    constexpr std::size_t whole = 64, shown = 12;
    const auto container = container_of(name);

    if (!container || container->id.size() != whole)
        return std::string{name};
    return fmt::format("{}:{}", container->runtime, container->id.substr(0, shown));
}

} // namespace snoop
