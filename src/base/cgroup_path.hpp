// SPDX-License-Identifier: BSD-2-Clause
// Reads out of the path of a cgroup in which container, pod and systemd unit its processes run.
//     const CgroupPlace place = parse_cgroup_path("/system.slice/docker-4f3a….scope");
//     place.runtime;   // "docker"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace snoop {

// Members have no value if the path does not tell. If containers or units are nested, it is the innermost one.
struct CgroupPlace {
    std::optional<std::string_view> runtime; // docker, containerd, cri-o, podman, lxc, nspawn, runc, crun, youki
    std::optional<std::string> container_id; // 64 hexadecimal digits, or the name that the user gave it
    std::optional<std::string> pod_uid;      // of Kubernetes: a UUID, or 32 digits; of podman: 64 digits
    std::optional<std::string> unit;         // of systemd: cron.service, session-3.scope
    std::optional<std::string> slice;        // in which that unit is: system.slice

    bool operator==(const CgroupPlace &) const = default;
};

// A path below the root of any hierarchy, of v1 or v2, with or without a leading slash.
CgroupPlace parse_cgroup_path(std::string_view path);

// Knows containers whose cgroups have names like any other: those that `runc run box` starts.
class ContainerFinder {
public:
    virtual ~ContainerFinder() = default;
    // The runtime of the container whose own cgroup has this path; nothing if there is none, or it is not known. The
    // container's id is the last name of the path.
    [[nodiscard]] virtual std::optional<std::string_view> runtime_of(std::string_view path) const = 0;
};

// parse_cgroup_path(), and asks the finder, which may be null, if the path does not tell of a container.
CgroupPlace find_place(std::string_view path, const ContainerFinder *finder);

} // namespace snoop
