// SPDX-License-Identifier: BSD-2-Clause
// The filters --container and --unit: whether a cgroup is in a container or a systemd unit, by its path.
//     const PlaceFilter filter{{{"web"}, {"4f3a9c0d1e22", true}}, {{"cron.service"}}};
//     filter.admits("/system.slice/cron.service", find_name);
#pragma once

#include "base/cgroup_path.hpp"
#include "base/condition.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

class PlaceFilter {
public:
    using Conditions = std::vector<Condition<std::string>>;
    // Finds the name of a container; nothing if it has none or it is not known.
    using FindName = std::function<std::optional<std::string>(const CgroupPlace &place)>;

    PlaceFilter(Conditions containers, Conditions units) : containers_(std::move(containers)), units_(std::move(units))
    {}

    // Whether a path passes. A value matches a cgroup and those below it: with nested containers, those around it
    // count, too.
    [[nodiscard]] bool admits(std::string_view path, const FindName &find_name,
                              const ContainerFinder *finder = nullptr) const;
    // Whether a cgroup that becomes a container's may pass otherwise.
    [[nodiscard]] bool needs_containers() const noexcept { return !containers_.empty(); }

    // The values without a "!" that match none of the paths.
    [[nodiscard]] std::vector<std::string> unmatched_containers(const std::vector<std::string> &paths,
                                                                const FindName &find_name,
                                                                const ContainerFinder *finder = nullptr) const;
    [[nodiscard]] std::vector<std::string> unmatched_units(const std::vector<std::string> &paths) const;

private:
    Conditions containers_, units_;
};

// A value of --container and of --unit as the filter takes it: "cron" is "cron.service". Throws Error (exit 2) for an
// empty one.
std::string parse_container(std::string_view option, const std::string &text);
std::string parse_unit(std::string_view option, const std::string &text);

// Whether values of --container can match several containers.
bool can_match_several(const PlaceFilter::Conditions &containers);

} // namespace snoop
