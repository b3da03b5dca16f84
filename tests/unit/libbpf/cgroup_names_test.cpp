// SPDX-License-Identifier: BSD-2-Clause
// The paths of cgroups from the names that the programs keep.
#include "libbpf/cgroup_names.hpp"
#include <snoop/record.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

using namespace snoop;

snoop_cgroup cgroup(const std::string &names)
{
    snoop_cgroup cgroup{};

    cgroup.len = static_cast<__u32>(names.size());
    std::ranges::copy(names, cgroup.names);
    return cgroup;
}

TEST(CgroupNames, Path)
{
    using namespace std::string_literals;
    snoop_cgroup one = cgroup("cron.service\0system.slice\0"s);

    EXPECT_EQ(path_of(cgroup("")), "/");
    EXPECT_EQ(path_of(cgroup("a\0"s)), "/a");
    EXPECT_EQ(path_of(one), "/system.slice/cron.service");
    one.is_cut = 1;
    EXPECT_EQ(path_of(one), ".../system.slice/cron.service");
    one.is_cut = 0;
    one.is_outside = 1;
    EXPECT_EQ(path_of(one), "/../system.slice/cron.service");
    one.len = 0;
    EXPECT_EQ(path_of(one), "/..");
}

TEST(CgroupNames, OfARecording)
{
    CgroupNames names;

    names.add(77, "/a");
    names.add(78, "/b");
    names.add(77, "/c");
    EXPECT_EQ(names.find(77), "/c");
    EXPECT_EQ(names.find(78), "/b");
    EXPECT_EQ(names.find(79), std::nullopt);
    EXPECT_EQ(names.find(0), std::nullopt);
}

} // namespace
