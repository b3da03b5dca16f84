// SPDX-License-Identifier: BSD-2-Clause
// Paths of cgroups as container runtimes and systemd name them. Those of Kubernetes have a file of their own.
#include "unit/cgroup_paths.hpp"

#include <string>

namespace snoop::test {
namespace {

TEST(CgroupPath, Systemd)
{
    expect_places({
        {.path = ""},
        {.path = "/"},
        {.path = "/init.scope", .unit = "init.scope"},
        {.path = "/system.slice", .slice = "system.slice"},
        {.path = "/system.slice/cron.service", .unit = "cron.service", .slice = "system.slice"},
        {.path = "system.slice/cron.service/", .unit = "cron.service", .slice = "system.slice"},
        {.path = "/system.slice/system-getty.slice/getty@tty1.service",
         .unit = "getty@tty1.service",
         .slice = "system-getty.slice"},
        {.path = "/system.slice/dev-hugepages.mount", .unit = "dev-hugepages.mount", .slice = "system.slice"},
        {.path = "/user.slice/user-1000.slice/session-3.scope", .unit = "session-3.scope", .slice = "user-1000.slice"},
        // A unit of the user's own manager; processes of the manager itself.
        {.path = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-77.scope",
         .unit = "app-firefox-77.scope",
         .slice = "app.slice"},
        {.path = "/user.slice/user-1000.slice/user@1000.service/init.scope",
         .unit = "init.scope",
         .slice = "user-1000.slice"},
        {.path = "/user.slice/user-1000.slice/user@1000.service/app.slice",
         .unit = "user@1000.service",
         .slice = "user-1000.slice"},
        // Cgroups that a unit makes below its own.
        {.path = "/system.slice/postgresql@15-main.service/workers/7",
         .unit = "postgresql@15-main.service",
         .slice = "system.slice"},
        {.path = "/system.slice/_cpu.service", .unit = "cpu.service", .slice = "system.slice"},
        {.path = "/.service/.slice"},
    });
}

TEST(CgroupPath, Docker)
{
    expect_places({
        {.path = "/docker/" + id, .runtime = "docker", .container_id = id},
        {.path = "/system.slice/docker-" + id + ".scope",
         .runtime = "docker",
         .container_id = id,
         .unit = "docker-" + id + ".scope",
         .slice = "system.slice"},
        {.path = "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + id + ".scope",
         .runtime = "docker",
         .container_id = id,
         .unit = "docker-" + id + ".scope",
         .slice = "user.slice"},
        // Cgroups, and another systemd, inside the container.
        {.path = "/docker/" + id + "/init", .runtime = "docker", .container_id = id},
        {.path = "/docker/" + id + "/system.slice/nginx.service",
         .runtime = "docker",
         .container_id = id,
         .unit = "nginx.service",
         .slice = "system.slice"},
        // Docker in Docker.
        {.path = "/docker/" + other + "/docker/" + id, .runtime = "docker", .container_id = id},
        // With --cgroup-parent, the driver cgroupfs leaves no name.
        {.path = "/my-builds/" + id, .container_id = id},
        {.path = "/my.slice/docker-" + id + ".scope",
         .runtime = "docker",
         .container_id = id,
         .unit = "docker-" + id + ".scope",
         .slice = "my.slice"},
        {.path = "/system.slice/docker.service", .unit = "docker.service", .slice = "system.slice"},
        // The root of the hierarchy is another container's.
        {.path = "/../../docker/" + id, .runtime = "docker", .container_id = id},
        {.path = ".../docker/" + id + "/a", .runtime = "docker", .container_id = id},
    });
}

TEST(CgroupPath, Containerd)
{
    expect_places({
        {.path = "/default/" + id, .runtime = "containerd", .container_id = id},
        {.path = "/k8s.io/" + id, .runtime = "containerd", .container_id = id},
        {.path = "/system.slice/nerdctl-" + id + ".scope",
         .runtime = "containerd",
         .container_id = id,
         .unit = "nerdctl-" + id + ".scope",
         .slice = "system.slice"},
    });
}

TEST(CgroupPath, Podman)
{
    const std::string scope = "libpod-" + id + ".scope";

    expect_places({
        {.path = "/machine.slice/" + scope,
         .runtime = "podman",
         .container_id = id,
         .unit = scope,
         .slice = "machine.slice"},
        {.path = "/machine.slice/" + scope + "/container",
         .runtime = "podman",
         .container_id = id,
         .unit = scope,
         .slice = "machine.slice"},
        {.path = "/user.slice/user-1000.slice/user@1000.service/user.slice/" + scope + "/container",
         .runtime = "podman",
         .container_id = id,
         .unit = scope,
         .slice = "user.slice"},
        {.path = "/machine.slice/machine-libpod_pod_" + other + ".slice/" + scope,
         .runtime = "podman",
         .container_id = id,
         .pod_uid = other,
         .unit = scope,
         .slice = "machine-libpod_pod_" + other + ".slice"},
        {.path =
             "/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_" + other + ".slice/" + scope,
         .runtime = "podman",
         .container_id = id,
         .pod_uid = other,
         .unit = scope,
         .slice = "user-libpod_pod_" + other + ".slice"},
        {.path = "/libpod_parent/libpod-" + id, .runtime = "podman", .container_id = id},
        {.path = "/libpod_parent/" + other + "/libpod-" + id,
         .runtime = "podman",
         .container_id = id,
         .pod_uid = other},
        // --cgroups=split, as quadlets use it.
        {.path = "/system.slice/web.service/libpod-payload-" + id,
         .runtime = "podman",
         .container_id = id,
         .unit = "web.service",
         .slice = "system.slice"},
        {.path = "/system.slice/web.service/runtime", .unit = "web.service", .slice = "system.slice"},
        {.path = "/machine.slice/libpod-conmon-" + id + ".scope",
         .unit = "libpod-conmon-" + id + ".scope",
         .slice = "machine.slice"},
    });
}

TEST(CgroupPath, Lxc)
{
    expect_places({
        {.path = "/lxc.payload.web", .runtime = "lxc", .container_id = "web"},
        {.path = "/lxc.payload.web/system.slice/cron.service",
         .runtime = "lxc",
         .container_id = "web",
         .unit = "cron.service",
         .slice = "system.slice"},
        {.path = "/user.slice/user-1000.slice/session-1.scope/lxc.payload.web",
         .runtime = "lxc",
         .container_id = "web",
         .unit = "session-1.scope",
         .slice = "user-1000.slice"},
        {.path = "/lxc/101", .runtime = "lxc", .container_id = "101"},
        {.path = "/lxc/101/ns/init.scope", .runtime = "lxc", .container_id = "101", .unit = "init.scope"},
        {.path = "/lxc.payload/101", .runtime = "lxc", .container_id = "101"},
        {.path = "/lxc.payload.web/docker/" + id, .runtime = "docker", .container_id = id},
        {.path = "/lxc.monitor.web"},
        {.path = "/lxc.monitor/101"},
        {.path = "/lxc"},
    });
}

TEST(CgroupPath, Nspawn)
{
    expect_places({
        {.path = "/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service",
         .runtime = "nspawn",
         .container_id = "web",
         .unit = "nginx.service",
         .slice = "system.slice"},
        {.path = "/machine.slice/systemd-nspawn@web\\x2d1.service/payload",
         .runtime = "nspawn",
         .container_id = "web-1",
         .unit = "systemd-nspawn@web\\x2d1.service",
         .slice = "machine.slice"},
        {.path = "/machine.slice/machine-debian\\x2d12.scope/payload",
         .runtime = "nspawn",
         .container_id = "debian-12",
         .unit = "machine-debian\\x2d12.scope",
         .slice = "machine.slice"},
        {.path = "/machine.slice/systemd-nspawn@web.service/supervisor",
         .unit = "systemd-nspawn@web.service",
         .slice = "machine.slice"},
        // Virtual machines of libvirt.
        {.path = "/machine.slice/machine-qemu\\x2d3\\x2dvm.scope/libvirt/emulator",
         .unit = "machine-qemu\\x2d3\\x2dvm.scope",
         .slice = "machine.slice"},
    });
}

TEST(CgroupPath, LowLevelRuntimes)
{
    for (const std::string runtime : {"runc", "crun", "youki"})
        expect_places({{.path = "/system.slice/" + runtime + "-my-box.scope",
                        .runtime = runtime,
                        .container_id = "my-box",
                        .unit = runtime + "-my-box.scope",
                        .slice = "system.slice"},
                       {.path = "/system.slice:" + runtime + ":my-box",
                        .runtime = runtime,
                        .container_id = "my-box",
                        .slice = "system.slice"}});
    expect_places({{.path = "/my-box"}}); // as any other directory
}

TEST(CgroupPath, NotQuiteAnId)
{
    const std::string upper = "4F" + id.substr(2), shorter = id.substr(1);

    for (const std::string &name : {upper, shorter, id + "0", "g" + shorter})
        expect_places({{.path = "/docker/" + name}, {.path = "/crio-" + name}});
    expect_places({{.path = "/system.slice/docker-proxy.scope", .unit = "docker-proxy.scope", .slice = "system.slice"},
                   {.path = "/system.slice/runc-.scope", .unit = "runc-.scope", .slice = "system.slice"},
                   {.path = "/lxc.payload."},
                   {.path = "/a\\x2/b\\x", .unit = {}},
                   {.path = "/x.slice:"},
                   {.path = "/:::"}});
}

} // namespace
} // namespace snoop::test
