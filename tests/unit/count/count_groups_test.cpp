// SPDX-License-Identifier: BSD-2-Clause
// Keys of the map that share a key in the table, or have none yet.
#include "count/cgroup_groups.hpp"
#include "count/count_groups.hpp"

#include <gmock/gmock.h>

#include <map>

namespace snoop {
namespace {

struct Names : KeyFormatter {
    std::map<std::string, std::string, std::less<>> known;

    [[nodiscard]] std::vector<std::string_view> titles() const override { return {}; }
    std::vector<std::string> cells(std::string_view) override { return {}; }
    void put_json(JsonWriter &, std::string_view) override {}
    std::optional<std::string> group(std::string_view key) override
    {
        const auto at = known.find(key);
        return at == known.end() ? std::nullopt : std::optional{at->second};
    }
};

std::map<std::string, std::uint64_t> counts_of(const CountTable &table)
{
    std::map<std::string, std::uint64_t> counts;

    for (const CountRow &row : table.sorted(SortOrder::key))
        counts.emplace(row.key, row.count);
    return counts;
}

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(CountGroups, AddsUpTheKeysOfAGroup)
{
    Names names;
    names.known = {{"1", "a"}, {"2", "a"}, {"3", "b"}};
    CountGroups groups{names};
    CountTable table;

    groups.set("1", 5);
    groups.set("2", 7);
    groups.set("3", 1);
    groups.write_to(table);
    EXPECT_THAT(counts_of(table), ElementsAre(Pair("a", 12), Pair("b", 1)));
    groups.set("2", 6); // an older value
    groups.set("1", 8);
    groups.set("1", 8);
    groups.write_to(table);
    EXPECT_THAT(counts_of(table), ElementsAre(Pair("a", 15), Pair("b", 1)));
    EXPECT_EQ(groups.unnamed(), 0u);
}

TEST(CountGroups, WaitsForTheName)
{
    Names names;
    CountGroups groups{names};
    CountTable table;

    groups.set("1", 5);
    groups.set("2", 2);
    groups.write_to(table);
    EXPECT_THAT(counts_of(table), IsEmpty());
    EXPECT_EQ(groups.unnamed(), 7u);
    names.known = {{"1", "a"}};
    groups.set("1", 6);
    groups.set("2", 2);
    groups.write_to(table);
    EXPECT_THAT(counts_of(table), ElementsAre(Pair("a", 6)));
    EXPECT_EQ(groups.unnamed(), 2u);
}

TEST(ContainerNames, AreTakenApart)
{
    const std::string id(64, 'a');

    EXPECT_EQ(container_of("docker:" + id)->runtime, "docker");
    EXPECT_EQ(container_of("docker:" + id)->id, id);
    EXPECT_EQ(container_of("-"), std::nullopt);
    EXPECT_EQ(container_of("cgroup:77"), std::nullopt);
    EXPECT_EQ(short_container_name("docker:" + id), "docker:aaaaaaaaaaaa");
    EXPECT_EQ(short_container_name("lxc:web"), "lxc:web");
}

} // namespace
} // namespace snoop
