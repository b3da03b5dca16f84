// SPDX-License-Identifier: BSD-2-Clause
// Names what a counter by cgroup is counted under: the container or the systemd unit that the cgroup belongs to.
//     CgroupGroups groups{CgroupGroups::By::unit};
//     groups.read_from(object);          // once the programs run
//     groups.of(id);                     // "cron.service"
#pragma once

#include "base/cgroup_places.hpp"
#include "containers/container_names.hpp"
#include "libbpf/cgroup_names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct bpf_object;

namespace snoop {

class CgroupGroups {
public:
    enum class By { container, unit };

    explicit CgroupGroups(By by) : by_(by) { places_.ask(&containers_); }
    CgroupGroups(const CgroupGroups &) = delete; // places_ refers to containers_
    CgroupGroups &operator=(const CgroupGroups &) = delete;

    // Reads the names of cgroups from this object, which keeps all.
    void read_from(bpf_object *object) { names_.read_from(object, nullptr, CgroupNames::Keep::all); }

    // "docker:4f3a…", with the whole id, or "cron.service"; "-" outside of any; "cgroup:4711" if the cgroup's path is
    // not known.
    std::string of(std::uint64_t id);

private:
    By by_;
    CgroupNames names_;
    ContainerNames containers_;
    CgroupPlaces places_;
};

// The parts of such a name of a container. Nothing for the others.
struct ContainerName {
    std::string_view runtime, id;
    bool operator==(const ContainerName &) const = default;
};
std::optional<ContainerName> container_of(std::string_view name);

// The unit that such a name is; nothing for the others.
std::optional<std::string_view> unit_of(std::string_view name);

// The name with an id of 64 digits cut to twelve, as container runtimes show it.
std::string short_container_name(std::string_view name);

} // namespace snoop
