// SPDX-License-Identifier: BSD-2-Clause
// execcount --by exe, ancestor, unit and container.
#include "accounting.hpp"
#include "execcount/execcount.hpp"

#include <fmt/format.h>
#include <string>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Whatever it is called by: a link leads to it, and a script to its interpreter.
TEST_F(Execcount, ByExe)
{
    const std::string link = dir.at("link"), script = dir.file("script", "#!" + program + "\n", 0755);
    ASSERT_EQ(symlink(program.c_str(), link.c_str()), 0);

    EXPECT_THAT(counted(json_of_children({"--by", "exe"}),
                        [&] {
                            execute(program);
                            execute(link);
                            execute(script);
                        }),
                ElementsAre(Pair(program, 3)));
}

TEST_F(Execcount, ByAncestor)
{
    const auto parent_of = [](pid_t pid) {
        const std::string stat = read_file(fmt::format("/proc/{}/stat", pid));
        return std::stoi(stat.substr(stat.rfind(')') + 4)); // ") S PPID"
    };
    pid_t oldest = getpid();
    while (parent_of(oldest) > 1)
        oldest = parent_of(oldest);
    std::string comm = read_file(fmt::format("/proc/{}/comm", oldest));
    comm.pop_back();

    EXPECT_THAT(counted(json_of_children({"--by", "ancestor"}), [&] { execute(program, 2); }),
                ElementsAre(Pair(comm, 2)));
}

TEST_F(Execcount, ByUnitAndContainer)
{
    SNOOP_NEEDS(cgroup2);
    const std::string id(64, 'a');
    const Cgroup unit{nullptr, "execcount-test.service"}, below{&unit, "below"};
    const Cgroup container{nullptr, "docker-" + id + ".scope"};
    ToolRun units{"execcount", json_of_children({"--by", "unit"})};
    ToolRun containers{"execcount", json_of_children({"--by", "container"})};

    for (const Cgroup *one : {&unit, &below, &container})
        in_child([&] {
            one->enter();
            exec_now({.path = program});
        });
    EXPECT_EQ(units.stop(), 0);
    EXPECT_EQ(containers.stop(), 0);
    Counts by_unit = counts_in(units.rows()), by_container = counts_in(containers.rows());
    EXPECT_EQ(by_unit["execcount-test.service"], 2u);
    EXPECT_EQ(by_unit["docker-" + id + ".scope"], 1u);
    EXPECT_EQ(by_container["docker:" + id], 1u);
    for (const Json &row : containers.rows())
        EXPECT_EQ(row["container_id"], row["key"] == "docker:" + id ? Json(id) : Json(nullptr));
    expect_balance(units.err());
}

} // namespace
} // namespace snoop::test
