// SPDX-License-Identifier: BSD-2-Clause
// Names, images and pods of containers, from the files that their runtimes keep on disk.
//     ContainerNames containers;
//     containers.of(place).name;   // "web"
#pragma once

#include "base/cgroup_path.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace snoop {

// Members have no value if they are not known.
struct ContainerInfo {
    std::optional<std::string> name, image, pod_name, pod_namespace;
    std::optional<std::string> runtime = std::nullopt; // if the path of the cgroup does not tell

    bool operator==(const ContainerInfo &) const = default;
};

// These read the contents of a runtime's file, and return nothing known from one that is not what they expect.
// Docker: config.v2.json.
ContainerInfo read_docker_config(std::string_view text);
// containerd, CRI-O, podman: config.json of the OCI runtime, with annotations of Kubernetes.
ContainerInfo read_oci_config(std::string_view text);
// runc: state.json, and crun: status. Whether the container's cgroup has this path.
bool is_runc_state_of(std::string_view text, std::string_view path);
bool is_crun_status_of(std::string_view text, std::string_view path);
// podman and CRI-O: containers.json, which lists all containers.
ContainerInfo read_storage_list(std::string_view text, std::string_view id);

class ContainerNames : public ContainerFinder {
public:
    // The files are below `root`, and belong to `owner`: these differ in tests.
    explicit ContainerNames(std::string root = {}, unsigned owner = 0) : root_(std::move(root)), owner_(owner) {}

    // The result is valid until of() is called for others. Files are read once for each container, also if they
    // are not there.
    const ContainerInfo &of(const CgroupPlace &place);

    // The runtimes are those that keep states in files: runc and crun.
    [[nodiscard]] std::optional<std::string_view> runtime_of(std::string_view path) const override;

    // From now on no file is read: only what add() gives is known, as in a replay.
    void read_no_files() noexcept { reads_files_ = false; }
    void add(const std::string &container_id, ContainerInfo info);

private:
    [[nodiscard]] ContainerInfo read(const CgroupPlace &place) const;
    [[nodiscard]] ContainerInfo of_docker(const std::string &id) const;
    [[nodiscard]] ContainerInfo of_containerd(const std::string &id) const;
    [[nodiscard]] ContainerInfo of_storage(const std::string &id) const;

    std::string root_;
    unsigned owner_;
    bool reads_files_ = true;
    ContainerInfo unknown_;
    std::unordered_map<std::string, ContainerInfo> known_;
};

} // namespace snoop
