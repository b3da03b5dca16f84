// SPDX-License-Identifier: BSD-2-Clause
// Names of containers from made-up files of their runtimes, hostile ones among them.
#include "containers/container_names.hpp"
#include "containers/root_file.hpp"
#include "fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace snoop;
using snoop::test::TempDir;
using testing::UnorderedElementsAre;

const std::string id(64, 'b');
const std::string docker = "var/lib/docker/containers/" + id + "/";
const std::string storage = "var/lib/containers/storage/overlay-containers/";
constexpr const char *docker_config = R"({"ID":"x","Name":"/web","Config":{"Image":"nginx:1.25","Labels":{}}})";

class ContainerFiles : public testing::Test {
protected:
    void put(const std::string &path, std::string_view text, mode_t mode = 0600) const
    {
        dir.folder(path.substr(0, path.rfind('/')));
        dir.file(path, text, mode);
    }
    [[nodiscard]] ContainerInfo find(std::optional<std::string_view> runtime = "docker") const
    {
        ContainerNames names{dir.path(), geteuid()};
        return names.of({.runtime = runtime, .container_id = id, .pod_uid = {}, .unit = {}, .slice = {}});
    }

    TempDir dir;
};

TEST_F(ContainerFiles, Docker)
{
    put(docker + "config.v2.json", docker_config);
    EXPECT_EQ(find(), (ContainerInfo{"web", "nginx:1.25", {}, {}}));
    EXPECT_EQ(find(std::nullopt), (ContainerInfo{"web", "nginx:1.25", {}, {}}));
    EXPECT_EQ(find("podman"), ContainerInfo{});
}

TEST_F(ContainerFiles, DockerOfKubernetes)
{
    put(docker + "config.v2.json",
        R"({"Name":"/k8s_app_shop-0","Config":{"Image":"shop@sha256:1","Labels":{"io.kubernetes.container.name":"app",
            "io.kubernetes.pod.name":"shop-0","io.kubernetes.pod.namespace":"prod"}}})");
    EXPECT_EQ(find(), (ContainerInfo{"app", "shop@sha256:1", "shop-0", "prod"}));
}

TEST_F(ContainerFiles, ContainerdOfKubernetes)
{
    put("run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id + "/config.json",
        R"({"ociVersion":"1.1.0","annotations":{"io.kubernetes.cri.container-name":"app",
            "io.kubernetes.cri.image-name":"docker.io/library/nginx:1.25","io.kubernetes.cri.sandbox-name":"web-0",
            "io.kubernetes.cri.sandbox-namespace":"default"}})");
    dir.folder("run/containerd/io.containerd.runtime.v2.task/moby");
    EXPECT_EQ(find("containerd"), (ContainerInfo{"app", "docker.io/library/nginx:1.25", "web-0", "default"}));
}

TEST_F(ContainerFiles, CrioOfKubernetes)
{
    put(storage + id + "/userdata/config.json",
        R"({"annotations":{"io.kubernetes.container.name":"app","io.kubernetes.cri-o.ImageName":"quay.io/app:2",
            "io.kubernetes.pod.name":"web-1","io.kubernetes.pod.namespace":"test"}})");
    EXPECT_EQ(find("cri-o"), (ContainerInfo{"app", "quay.io/app:2", "web-1", "test"}));
}

TEST_F(ContainerFiles, Podman)
{
    put(storage + id + "/userdata/config.json", R"({"annotations":{"io.container.manager":"libpod"}})");
    put(storage + "containers.json",
        R"([{"id":"other","names":["no"]},{"id":")" + id +
            R"(","names":["calm_fox"],"metadata":"{\"image-name\":\"docker.io/busybox:1\",\"name\":\"calm_fox\"}"}])");
    EXPECT_EQ(find("podman"), (ContainerInfo{"calm_fox", "docker.io/busybox:1", {}, {}}));
}

// `podman run --rm` keeps its containers below /run.
TEST_F(ContainerFiles, PodmanThatRemovesItself)
{
    put("run/containers/storage/overlay-containers/volatile-containers.json",
        R"([{"id":")" + id + R"(","names":["brief"],"metadata":"not JSON"}])");
    EXPECT_EQ(find("podman"), (ContainerInfo{"brief", {}, {}, {}}));
}

TEST_F(ContainerFiles, NameOfTheUserIsTheName)
{
    ContainerNames names{dir.path(), geteuid()};

    EXPECT_EQ(names.of({.runtime = "lxc", .container_id = "../../x", .pod_uid = {}, .unit = {}, .slice = {}}),
              (ContainerInfo{"../../x", {}, {}, {}}));
    EXPECT_EQ(names.of({}), ContainerInfo{});
}

// Once for each container, also if nothing was found.
// `runc run box` makes a cgroup of that name, in all hierarchies of version 1 or in that of version 2.
TEST_F(ContainerFiles, StatesOfRuncAndCrun)
{
    const ContainerNames names{dir.path(), geteuid()};
    put("run/runc/box/state.json",
        R"({"id":"box","cgroup_paths":{"":"/sys/fs/cgroup/user.slice/box","cpu":"/sys/fs/cgroup/cpu/user.slice/box"}})");
    put("run/crun/jar/status", R"({"pid":7,"cgroup-path":"jar","systemd-cgroup":false})");

    EXPECT_EQ(names.runtime_of("/user.slice/box"), "runc");
    EXPECT_EQ(names.runtime_of("/jar"), "crun");
    for (const char *path : {"/other.slice/box", "/user.slice", "/user.slice/box/sub", "box", "/", "", "/.", "/.."})
        EXPECT_EQ(names.runtime_of(path), std::nullopt) << path;

    const CgroupPlace place = find_place("/user.slice/box/sub", &names);
    EXPECT_EQ(place.runtime, "runc");
    EXPECT_EQ(place.container_id, "box");
    EXPECT_EQ(place.slice, parse_cgroup_path("/user.slice/box/sub").slice);
    EXPECT_EQ(find_place("/user.slice/box", nullptr).container_id, std::nullopt);
}

TEST_F(ContainerFiles, StatesThatAreNotWhatTheyShouldBe)
{
    for (const char *text :
         {"", "[]", "{}", R"({"cgroup_paths":7})", R"({"cgroup_paths":{"":["/box"]}})", "{\"cgroup_paths\""})
        EXPECT_FALSE(is_runc_state_of(text, "/box")) << text;
    EXPECT_FALSE(is_crun_status_of(R"({"cgroup-path":7})", "/box"));
}

TEST_F(ContainerFiles, RecordedRuntime)
{
    ContainerNames names{dir.path(), geteuid()};
    put("run/runc/jar/state.json", R"({"cgroup_paths":{"":"/jar"}})");
    names.read_no_files();
    names.add("box", {.name = "box", .image = {}, .pod_name = {}, .pod_namespace = {}, .runtime = "runc"});

    EXPECT_EQ(names.runtime_of("/box"), "runc");
    EXPECT_EQ(names.runtime_of("/jar"), std::nullopt);
}

TEST_F(ContainerFiles, AreReadOnce)
{
    const CgroupPlace place{.runtime = "docker", .container_id = id, .pod_uid = {}, .unit = {}, .slice = {}};
    ContainerNames names{dir.path(), geteuid()}, replayed{dir.path(), geteuid()};

    EXPECT_EQ(names.of(place), ContainerInfo{});
    put(docker + "config.v2.json", docker_config);
    EXPECT_EQ(names.of(place), ContainerInfo{});

    replayed.read_no_files();
    EXPECT_EQ(replayed.of(place), ContainerInfo{});
    replayed.add(id, {"recorded", {}, {}, {}});
    EXPECT_EQ(replayed.of(place).name, "recorded");
}

TEST_F(ContainerFiles, ThatAreNotWhatTheyShouldBe)
{
    const auto is_unknown = [&](std::string_view text) {
        put(docker + "config.v2.json", text);
        return find() == ContainerInfo{};
    };

    EXPECT_TRUE(is_unknown(""));
    EXPECT_TRUE(is_unknown("null"));
    EXPECT_TRUE(is_unknown("[]"));
    EXPECT_TRUE(is_unknown(R"({"Name":"/web")")) << "cut";
    EXPECT_TRUE(is_unknown(R"({"Name":7,"Config":[]})"));
    EXPECT_TRUE(is_unknown(R"({"Name":{"Name":"/web"},"Config":{"Image":null,"Labels":"x"}})"));
    EXPECT_TRUE(is_unknown(R"({"Name":")" + std::string(5000, 'x') + R"("})"));
    EXPECT_TRUE(is_unknown("{\"Name\":\"\xff\xfe\"}")) << "not UTF-8";
    EXPECT_TRUE(is_unknown(std::string(100, '\0')));
    EXPECT_TRUE(is_unknown(R"({"Name":"/a\u0000b"})"));
    EXPECT_TRUE(is_unknown(std::string(root_file_most, '[')));
    EXPECT_TRUE(is_unknown(std::string(root_file_most / 5, ' ') + R"([{"a":)"));
    EXPECT_FALSE(is_unknown(docker_config));
    EXPECT_TRUE(is_unknown(docker_config + std::string(root_file_most, ' '))) << "too large";
    EXPECT_EQ(read_storage_list("[1,null,{\"id\":7}]", id), ContainerInfo{});
}

TEST_F(ContainerFiles, LinksAreNotFollowed)
{
    const std::string secret = dir.file("secret", docker_config);
    const std::string folder = dir.at("var/lib/docker/containers/" + id), config = folder + "/config.v2.json";

    dir.folder(docker);
    ASSERT_EQ(symlink(secret.c_str(), config.c_str()), 0);
    EXPECT_EQ(find(), ContainerInfo{});

    ASSERT_EQ(unlink(config.c_str()), 0);
    ASSERT_EQ(rmdir(folder.c_str()), 0);
    put("elsewhere/config.v2.json", docker_config);
    ASSERT_EQ(symlink(dir.at("elsewhere").c_str(), folder.c_str()), 0);
    EXPECT_EQ(find(), ContainerInfo{});
}

// An administrator may have moved all of it.
TEST_F(ContainerFiles, TheBaseMayBeALink)
{
    put("data/containers/" + id + "/config.v2.json", docker_config);
    dir.folder("var/lib");
    ASSERT_EQ(symlink(dir.at("data").c_str(), dir.at("var/lib/docker").c_str()), 0);
    EXPECT_EQ(find().name, "web");
}

TEST_F(ContainerFiles, OnlyRegularFilesAreRead)
{
    const std::string config = dir.at(docker + "config.v2.json");

    dir.folder(docker + "config.v2.json");
    EXPECT_EQ(find(), ContainerInfo{});
    ASSERT_EQ(rmdir(config.c_str()), 0);
    ASSERT_EQ(mkfifo(config.c_str(), 0600), 0);
    EXPECT_EQ(find(), ContainerInfo{}) << "and nobody waits for a writer";
}

TEST_F(ContainerFiles, OnlyTheOwnerMayWriteThem)
{
    put(docker + "config.v2.json", docker_config);
    ASSERT_EQ(chmod(dir.at(docker + "config.v2.json").c_str(), 0622), 0);
    EXPECT_EQ(find(), ContainerInfo{});
    ASSERT_EQ(chmod(dir.at(docker + "config.v2.json").c_str(), 0600), 0);
    EXPECT_EQ(find().name, "web");
    ASSERT_EQ(chmod(dir.at(docker).c_str(), 0777), 0);
    EXPECT_EQ(find(), ContainerInfo{});
    ASSERT_EQ(chmod(dir.at(docker).c_str(), 0700), 0);
    ContainerNames of_another{dir.path(), geteuid() + 1};
    EXPECT_EQ(of_another.of({.runtime = "docker", .container_id = id, .pod_uid = {}, .unit = {}, .slice = {}}),
              ContainerInfo{});
}

TEST_F(ContainerFiles, NamesOfFolders)
{
    dir.folder("spaces/one");
    dir.folder("spaces/two");
    dir.file("spaces/file", "");
    EXPECT_THAT(root_folders(dir.at("spaces"), geteuid()), UnorderedElementsAre("one", "two"));
    EXPECT_TRUE(root_folders(dir.at("nosuch"), geteuid()).empty());
    EXPECT_FALSE(read_root_file(dir.at("spaces"), {"..", "spaces"}, geteuid()));
}

} // namespace
