// SPDX-License-Identifier: BSD-2-Clause
// --container and --unit: which cgroups match.
#include "base/error.hpp"
#include "base/place_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using namespace snoop;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string web_id(64, 'a'), db_id = "4f3a9c0d1e22" + std::string(52, '0');
const std::string web = "/system.slice/docker-" + web_id + ".scope", db = "/docker/" + db_id;
const std::string cron = "/system.slice/cron.service", lxc = "/lxc.payload.box/system.slice/cron.service";

std::optional<std::string> find_name(const CgroupPlace &place)
{
    return *place.container_id == web_id ? std::optional<std::string>{"web"} : std::nullopt;
}

// Values as the options take them.
PlaceFilter::Conditions values(const std::vector<std::string> &texts)
{
    PlaceFilter::Conditions all;

    for (const std::string &text : texts)
        all.push_back(parse_condition("--container", text, parse_container));
    return all;
}

bool admits(const std::vector<std::string> &containers, const std::vector<std::string> &units, const std::string &path)
{
    return PlaceFilter{values(containers), values(units)}.admits(path, find_name);
}

TEST(PlaceFilter, ContainerByNameOrId)
{
    EXPECT_TRUE(admits({"web"}, {}, web));
    EXPECT_TRUE(admits({web_id}, {}, web));
    EXPECT_TRUE(admits({web_id.substr(0, 12)}, {}, web));
    EXPECT_TRUE(admits({db_id.substr(0, 13)}, {}, db));
    EXPECT_TRUE(admits({"box"}, {}, lxc));
    EXPECT_FALSE(admits({web_id.substr(0, 11)}, {}, web)) << "fewer digits are a name";
    EXPECT_FALSE(admits({web_id + "a"}, {}, web));
    EXPECT_FALSE(admits({"bbbbbbbbbbbb"}, {}, web));
    EXPECT_FALSE(admits({"we"}, {}, web));
    EXPECT_FALSE(admits({"web"}, {}, db));
    EXPECT_FALSE(admits({"web"}, {}, cron));
    EXPECT_FALSE(admits({"web"}, {}, "/"));
    EXPECT_FALSE(admits({"web"}, {}, ""));
}

TEST(PlaceFilter, SeveralValuesAndNegations)
{
    EXPECT_TRUE(admits({}, {}, cron));
    EXPECT_TRUE(admits({"web", "box"}, {}, web));
    EXPECT_TRUE(admits({"web", "box"}, {}, lxc));
    EXPECT_FALSE(admits({"web", "box"}, {}, db));
    EXPECT_FALSE(admits({"!web"}, {}, web));
    EXPECT_TRUE(admits({"!web"}, {}, db));
    EXPECT_TRUE(admits({"!web"}, {}, cron));
    EXPECT_TRUE(admits({"*"}, {}, db));
    EXPECT_FALSE(admits({"*"}, {}, cron));
    EXPECT_TRUE(admits({"!*"}, {}, cron));
    EXPECT_FALSE(admits({"!*"}, {}, lxc));
    EXPECT_TRUE(admits({"*", "!web"}, {}, db));
    EXPECT_FALSE(admits({"*", "!web"}, {}, web));
    EXPECT_TRUE(admits({"w?b"}, {}, web));
}

TEST(PlaceFilter, Units)
{
    EXPECT_TRUE(admits({}, {"cron.service"}, cron));
    EXPECT_TRUE(admits({}, {"cron.service"}, cron + "/below"));
    EXPECT_TRUE(admits({}, {"cron.service"}, lxc)) << "also inside of a container";
    EXPECT_TRUE(admits({}, {"system.slice"}, cron));
    EXPECT_TRUE(admits({}, {"cr*.service"}, cron));
    EXPECT_TRUE(admits({}, {"cpu.service"}, "/system.slice/_cpu.service"));
    EXPECT_FALSE(admits({}, {"cron.service"}, "/system.slice/cron.service.d"));
    EXPECT_FALSE(admits({}, {"cron.service"}, "/system.slice"));
    EXPECT_FALSE(admits({}, {"!cron.service"}, cron));
    EXPECT_TRUE(admits({}, {"!cron.service"}, web));
    EXPECT_TRUE(admits({"box"}, {"cron.service"}, lxc)) << "both";
    EXPECT_FALSE(admits({"box"}, {"cron.service"}, cron));
    EXPECT_FALSE(admits({"box"}, {"ssh.service"}, lxc));
}

TEST(PlaceFilter, ContainersInsideOfOthers)
{
    const std::string nested = web + "/docker/" + db_id;

    EXPECT_TRUE(admits({"web"}, {}, nested));
    EXPECT_TRUE(admits({db_id}, {}, nested));
    EXPECT_FALSE(admits({"!web"}, {}, nested));
    EXPECT_FALSE(admits({"box"}, {}, nested));
}

TEST(PlaceFilter, LooksForNoNameOfAnId)
{
    const auto never = [](const CgroupPlace &) -> std::optional<std::string> {
        ADD_FAILURE();
        return std::nullopt;
    };

    EXPECT_FALSE(
        (PlaceFilter{values({db_id, web_id.substr(0, 12)}), {}}.admits("/docker/" + std::string(64, 'e'), never)));
}

TEST(PlaceFilter, Parses)
{
    EXPECT_EQ(parse_unit("--unit", "cron"), "cron.service");
    EXPECT_EQ(parse_unit("--unit", "user.slice"), "user.slice");
    EXPECT_EQ(parse_unit("--unit", "getty@tty1"), "getty@tty1.service");
    EXPECT_EQ(parse_unit("--unit", "ssh*"), "ssh*");
    EXPECT_EQ(parse_container("--container", "web"), "web");
    EXPECT_THROW(parse_unit("--unit", ""), Error);
    EXPECT_THROW(parse_container("--container", ""), Error);
    EXPECT_FALSE(can_match_several({}));
    EXPECT_FALSE(can_match_several(values({"web"})));
    EXPECT_TRUE(can_match_several(values({"web", "db"})));
    EXPECT_TRUE(can_match_several(values({"!web"})));
    EXPECT_TRUE(can_match_several(values({"w*"})));
}

TEST(PlaceFilter, SaysWhatMatchesNothing)
{
    const PlaceFilter filter{values({"web", "nosuch", "!other"}), values({"cron.service", "ssh.service"})};

    EXPECT_THAT(filter.unmatched_containers({web, cron}, find_name), ElementsAre("nosuch"));
    EXPECT_THAT(filter.unmatched_units({web, cron}), ElementsAre("ssh.service"));
    EXPECT_THAT((PlaceFilter{{}, {}}.unmatched_units({web})), IsEmpty());
}

} // namespace
