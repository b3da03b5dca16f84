// SPDX-License-Identifier: BSD-2-Clause
// Remembers what the paths of cgroups tell, by the ids of the cgroups.
//     CgroupPlaces places;
//     places.of(id, path).unit;      // valid until of() is called with another id
#pragma once

#include "base/cgroup_path.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace snoop {

class CgroupPlaces {
public:
    // Without a path, no member has a value. A path that is known later counts.
    const CgroupPlace &of(std::uint64_t id, std::optional<std::string_view> path)
    {
        if (!path)
            return nowhere_;
        const auto found = places_.find(id);
        if (found != places_.end())
            return found->second;
        if (places_.size() >= most) // of a system that makes a cgroup for each command
            places_.clear();
        return places_.emplace(id, parse_cgroup_path(*path)).first->second;
    }

private:
    static constexpr std::size_t most = 4096;

    CgroupPlace nowhere_;
    std::unordered_map<std::uint64_t, CgroupPlace> places_;
};

} // namespace snoop
