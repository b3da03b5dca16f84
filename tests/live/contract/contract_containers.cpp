// SPDX-License-Identifier: BSD-2-Clause
// --container and --unit, and what is shown of containers: in real cgroups with the names that runtimes give them,
// some of which are gone before the tool reads the events.
#include "accounting.hpp"
#include "bpf_objects.hpp"
#include "contract/contract.hpp"
#include "hooks.hpp"

#include <csignal>
#include <cstring>
#include <deque>
#include <filesystem>

namespace snoop::test {

namespace {

std::string id_of(char digit) { return std::string(64, digit); }

std::string scope_of(char digit) { return "docker-" + id_of(digit) + ".scope"; }

// Starts a tool that sees what Docker keeps of a container of Kubernetes below /var/lib, and nothing else there.
Start with_docker(char digit, const std::string &container, const std::string &image)
{
    const std::string path = "/var/lib/docker/containers/" + id_of(digit) + "/config.v2.json";
    const std::string text = R"({"Config":{"Image":")" + image + R"(","Labels":{"io.kubernetes.container.name":")" +
                             container +
                             R"(","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"prod"}}})";

    return {.in_child = [path, text] {
        std::filesystem::create_directories("/var/lib");
        private_mounts();
        cover("/var/lib");
        std::filesystem::create_directories(path.substr(0, path.rfind('/')));
        write_file(path, text);
    }};
}

// The bytes of an id as a map has it.
std::string key_of(std::uint64_t id)
{
    std::string key(sizeof(id), '\0');
    std::memcpy(key.data(), &id, sizeof(id));
    return key;
}

} // namespace

TEST_P(Contract, Container)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above, one{&above, scope_of('c')}, below{&one}, other{&above, scope_of('d')},
        box{&above, "lxc.payload.box"};
    const auto in = [](const Cgroup &cgroup) { return [&cgroup] { cgroup.enter(); }; };

    expect_filter({"--container", id_of('c').substr(0, 12)}, in(one), in(other));
    expect_filter({"--container", id_of('c')}, in(below), {});
    expect_filter({"--container", "box", "--container", id_of('d')}, in(box), in(one));
    expect_filter({"--container", "!box"}, {}, in(box));
    expect_filter({"--container", "*"}, in(other), in(above));
}

TEST_P(Contract, Unit)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above, slice{&above, "jobs.slice"}, cron{&slice, "cron.service"}, ssh{&slice, "ssh.service"};
    const auto in = [](const Cgroup &cgroup) { return [&cgroup] { cgroup.enter(); }; };

    expect_filter({"--unit", "cron"}, in(cron), in(ssh));
    expect_filter({"--unit", "jobs.slice"}, in(ssh), in(above));
    expect_filter({"--unit", "jobs.slice", "--unit", "!cron"}, in(ssh), in(cron));
}

// They are gone before the tool reads their events.
TEST_P(Contract, ContainersThatStartLater)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above;
    const std::string yes = marker(), no = marker();
    ToolRun tool{name(), {"--container", id_of('c').substr(0, 12), "--unit", scope_of('c')}};

    ASSERT_EQ(kill(tool.pid(), SIGSTOP), 0);
    for (const auto &[mark, digit] : {std::pair{no, 'd'}, std::pair{yes, 'c'}}) {
        const Cgroup container{&above, scope_of(digit)};
        happen(mark, [&] { container.enter(); });
    }
    ASSERT_EQ(kill(tool.pid(), SIGCONT), 0);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(yes), 1u);
    EXPECT_EQ(tool.count_with(no), 0u) << tool.out();
    EXPECT_GE(expect_balance(tool.err())["filtered"], 1u);
}

// The programs know the verdict on a cgroup after its first event.
TEST_P(Contract, ProgramsLearnWhichCgroupsPass)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above;
    ToolRun tool{name(), {"--container", id_of('c')}};
    const Cgroup one{&above, scope_of('c')}, other{&above, scope_of('d')};
    const auto is_decided = [&](const Cgroup &cgroup) {
        const auto keys = keys_of(tool.pid(), "cgroup_verdicts");
        return keys && std::find(keys->begin(), keys->end(), key_of(cgroup.id())) != keys->end();
    };

    EXPECT_TRUE(is_decided(above)) << "it was there when the tool started";
    EXPECT_FALSE(is_decided(one));
    for (const Cgroup *cgroup : {&one, &other}) {
        happen(marker(), [&] { cgroup->enter(); });
        EXPECT_TRUE(eventually([&] { return is_decided(*cgroup); }));
    }
    const std::string yes = marker(), no = marker();
    happen(no, [&] { other.enter(); });
    happen(yes, [&] { one.enter(); });
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
    expect_balance(tool.err());
}

// More than the map of verdicts or that of names holds: what finds no room is decided in user space.
TEST_P(Contract, ManyContainers)
{
    SNOOP_NEEDS(cgroup2);
    constexpr int containers = 300;
    const Cgroup above;
    ToolRun tool{name(), {"--container", "box-*"}};

    for (int i = 0; i < containers; i++) {
        const Cgroup container{&above, "lxc.payload." + std::string{i % 2 ? "box-" : "tub-"} + std::to_string(i)};
        happen(i % 2 ? "odd-one" : "even-one", [&] { container.enter(); });
    }
    EXPECT_TRUE(eventually([&] { return tool.count_with("odd-one") == containers / 2; }));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with("even-one"), 0u);
    expect_balance(tool.err());
}

TEST_P(Contract, ContainerByNameInAFile)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above;
    const std::string yes = marker(), no = marker();
    ToolRun tool{name(), {"--container", "app"}, with_docker('e', "app", "nginx:1")};

    for (const auto &[mark, digit] : {std::pair{no, 'd'}, std::pair{yes, 'e'}}) {
        const Cgroup container{&above, scope_of(digit)};
        happen(mark, [&] { container.enter(); });
    }
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u) << tool.out();
}

TEST_P(Contract, ContainerColumn)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above;
    const std::string named = marker(), unnamed = marker(), outside = marker();
    ToolRun tool{name(), {"--container-column"}, with_docker('e', "app", "nginx:1")};

    for (const auto &[mark, digit] : {std::pair{named, 'e'}, std::pair{unnamed, 'f'}}) {
        const Cgroup container{&above, scope_of(digit)};
        happen(mark, [&] { container.enter(); });
    }
    happen(outside, [&] { above.enter(); });
    EXPECT_THAT(tool.line_with(named), testing::HasSubstr(" app "));
    EXPECT_THAT(tool.line_with(unnamed), testing::HasSubstr(" ffffffffffff "));
    EXPECT_THAT(tool.line_with(outside), testing::HasSubstr(" - "));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines().front(), testing::HasSubstr("CONTAINER"));
}

// A recording keeps the names, since the files are not there in a replay.
TEST_P(Contract, ContainerNamesInJsonAndReplay)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above;
    const std::string mark = marker(), outside = marker(), file = dir.at("containers");
    ToolRun tool{name(), {"-o", "json", "--record", file}, with_docker('e', "app", "nginx:1")};

    {
        const Cgroup container{&above, scope_of('e')};
        happen(mark, [&] { container.enter(); });
    }
    happen(outside, [&] { above.enter(); });
    const Json row = tool.row_with(mark), other = tool.row_with(outside);
    EXPECT_EQ(row["runtime"], "docker");
    EXPECT_EQ(row["container_name"], "app");
    EXPECT_EQ(row["image"], "nginx:1");
    EXPECT_EQ(row["pod_name"], "web-0");
    EXPECT_EQ(row["pod_namespace"], "prod");
    for (const char *key : {"container_name", "image", "pod_name", "pod_namespace"})
        EXPECT_EQ(other[key], nullptr) << key;
    EXPECT_EQ(tool.stop(), 0);

    EXPECT_EQ(run_tool(name(), {"-o", "json", "--replay", file}).out, tool.out());
    const Outcome filtered = run_tool(name(), {"--replay", file, "--container", "app", "--container-column"});
    EXPECT_EQ(filtered.code, 0) << filtered.err;
    EXPECT_THAT(filtered.out, testing::HasSubstr(mark));
    EXPECT_THAT(filtered.out, testing::HasSubstr(" app "));
    EXPECT_THAT(filtered.out, testing::Not(testing::HasSubstr(outside)));
}

TEST_P(Contract, SaysWhichContainersAreNotRunning)
{
    SNOOP_NEEDS(cgroup2);
    ToolRun tool{name(), {"--container", "nosuch", "--unit", "nosuch"}};

    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), testing::HasSubstr(": --container: no container 'nosuch' is running\n"));
    EXPECT_THAT(tool.err(), testing::HasSubstr(": --unit: no unit 'nosuch.service' is running\n"));
}

} // namespace snoop::test
