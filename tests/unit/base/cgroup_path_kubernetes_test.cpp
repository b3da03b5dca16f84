// SPDX-License-Identifier: BSD-2-Clause
// Paths of the cgroups of pods, as kubelet and the container runtimes name them.
#include "unit/cgroup_paths.hpp"

#include <string>
#include <utility>

namespace snoop::test {
namespace {

const std::string pod_ = "6e3a7d52_0c1b_4f7e_9a55_2b8f0d3c9e11"; // in names of slices
const std::string static_pod = "5f2e8c1d0b9a47635f2e8c1d0b9a4763";

TEST(CgroupPath, Kubernetes)
{
    const auto slices = [&](const std::string &qos, const std::string &name) {
        const std::string middle = qos.empty() ? "" : "/kubepods-" + qos + ".slice",
                          dash = qos.empty() ? "" : qos + "-";
        return std::pair{"/kubepods.slice" + middle, "kubepods-" + dash + "pod" + name + ".slice"};
    };
    for (const std::string qos : {"", "burstable", "besteffort"}) {
        const std::string class_dir = qos.empty() ? "/kubepods" : "/kubepods/" + qos;
        const auto [above, slice] = slices(qos, pod_);
        expect_places({
            {.path = class_dir + "/pod" + pod + "/" + id, .container_id = id, .pod_uid = pod},
            {.path = class_dir + "/pod" + pod, .pod_uid = pod},
            {.path = class_dir + "/pod" + pod + "/crio-" + id, .runtime = "cri-o", .container_id = id, .pod_uid = pod},
            {.path = above + "/" + slice, .pod_uid = pod, .slice = slice},
        });
        for (const auto &[prefix, runtime] :
             {std::pair{"cri-containerd-", "containerd"}, {"crio-", "cri-o"}, {"docker-", "docker"}})
            expect_places({{.path = above + "/" + slice + "/" + prefix + id + ".scope",
                            .runtime = runtime,
                            .container_id = id,
                            .pod_uid = pod,
                            .unit = prefix + id + ".scope",
                            .slice = slice}});
    }
    const std::string slice = "kubepods-besteffort-pod" + pod_ + ".slice";
    const std::string kind = "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
                             "kubelet-kubepods-burstable-pod" +
                             pod_ + ".slice";
    expect_places({
        // The manifest's hash instead of a UUID.
        {.path = "/kubepods/burstable/pod" + static_pod + "/" + id, .container_id = id, .pod_uid = static_pod},
        // kubelet uses systemd, containerd does not.
        {.path = "/system.slice/containerd.service/" + slice + ":cri-containerd:" + id,
         .runtime = "containerd",
         .container_id = id,
         .pod_uid = pod,
         .unit = "containerd.service",
         .slice = "system.slice"},
        {.path = "/" + slice + ":cri-containerd:" + id,
         .runtime = "containerd",
         .container_id = id,
         .pod_uid = pod,
         .slice = slice},
        // A node that is itself a container.
        {.path = "/docker/" + other + "/kubelet/kubepods/besteffort/pod" + pod + "/" + id,
         .container_id = id,
         .pod_uid = pod},
        {.path = "/docker/" + other + kind + "/cri-containerd-" + id + ".scope",
         .runtime = "containerd",
         .container_id = id,
         .pod_uid = pod,
         .unit = "cri-containerd-" + id + ".scope",
         .slice = "kubelet-kubepods-burstable-pod" + pod_ + ".slice"},
        // Not pods.
        {.path = "/kubepods/podcast"},
        {.path = "/a/pod6e3a7d52-0c1b-4f7e-9a55-2b8f0d3c9e1"},
        {.path = "/a/pod6e3a7d52-0c1b-4f7e-9a55-2b8f0d3c9e1G"},
        {.path = "/a/pod6e3a7d520-c1b-4f7e-9a55-2b8f0d3c9e11"},
        {.path = "/a-pod" + pod_ + ".slice", .slice = "a-pod" + pod_ + ".slice"},
        // The monitor is outside of the container.
        {.path = "/system.slice/crio-conmon-" + id + ".scope",
         .unit = "crio-conmon-" + id + ".scope",
         .slice = "system.slice"},
    });
}

} // namespace
} // namespace snoop::test
