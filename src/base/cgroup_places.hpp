// SPDX-License-Identifier: BSD-2-Clause
// Remembers where the tasks of cgroups run, by the ids of the cgroups.
//     CgroupPlaces places;
//     places.ask(&containers);
//     places.of(id, path).unit;      // valid until of() is called with another id
#pragma once

#include "base/cgroup_path.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace snoop {

// A runtime makes a cgroup before it writes down whose it is. So long a cgroup without a container may become
// that of one.
constexpr std::chrono::seconds container_starts_within{1};

class CgroupPlaces {
public:
    using Clock = std::chrono::steady_clock;

    // The finder is asked for containers of which paths do not tell; null: nobody is.
    void ask(const ContainerFinder *finder) { finder_ = finder; }

    // Without a path, no member has a value. A path that is known later counts.
    const CgroupPlace &of(std::uint64_t id, std::optional<std::string_view> path)
    {
        if (!path)
            return nowhere_;
        auto found = places_.find(id);
        if (found == places_.end()) {
            if (places_.size() >= most) // of a system that makes a cgroup for each command
                places_.clear();
            found = places_.emplace(id, Entry{find_place(*path, finder_), Clock::now(), !finder_}).first;
        } else if (Entry &entry = found->second; !entry.is_final) {
            entry.is_final = entry.place.container_id || Clock::now() - entry.seen > container_starts_within;
            if (!entry.place.container_id)
                entry.place = find_place(*path, finder_);
        }
        return found->second.place;
    }

private:
    struct Entry {
        CgroupPlace place;
        Clock::time_point seen;
        bool is_final;
    };

    static constexpr std::size_t most = 4096;

    const ContainerFinder *finder_ = nullptr;
    CgroupPlace nowhere_;
    std::unordered_map<std::uint64_t, Entry> places_;
};

} // namespace snoop
