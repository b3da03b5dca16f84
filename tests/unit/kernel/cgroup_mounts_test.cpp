// SPDX-License-Identifier: BSD-2-Clause
// Which versions of cgroups a table of mounts has, and what is said of it.
#include "kernel/cgroup_mounts.hpp"
#include "unit/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace snoop::kernel;
using testing::ElementsAre;
using testing::IsEmpty;

CgroupMounts mounts_of(const std::string &table)
{
    const TempDir dir;

    write_file(dir / "mounts", table);
    return cgroup_mounts((dir / "mounts").c_str());
}

constexpr const char *others = "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n"
                               "tmpfs /sys/fs/cgroup tmpfs ro,nosuid,memory 0 0\n";

TEST(CgroupMounts, Version2)
{
    const auto mounts = mounts_of(std::string{others} +
                                  "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n"
                                  "cgroup2 /mnt/other cgroup2 rw 0 0\n");

    EXPECT_EQ(mounts.version2, "/sys/fs/cgroup");
    EXPECT_THAT(mounts.version1, IsEmpty());
    EXPECT_EQ(describe_cgroup_limits(mounts), std::nullopt);
}

TEST(CgroupMounts, Hybrid)
{
    const auto mounts =
        mounts_of(std::string{others} + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n"
                                        "cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,name=systemd 0 0\n"
                                        "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n"
                                        "cgroup /again cgroup rw,relatime,cpu,cpuacct 0 0\n");

    EXPECT_EQ(mounts.version2, "/sys/fs/cgroup/unified");
    EXPECT_THAT(mounts.version1, ElementsAre("cpu", "cpuacct", "name=systemd"));
    EXPECT_EQ(describe_cgroup_limits(mounts),
              "cgroups are those of version 2, below /sys/fs/cgroup/unified; those of version 1 (cpu, cpuacct, "
              "name=systemd) are not known");
}

TEST(CgroupMounts, Version1)
{
    const auto mounts = mounts_of(std::string{others} + "cgroup /sys/fs/cgroup/memory cgroup rw,nosuid,memory 0 0\n");

    EXPECT_EQ(mounts.version2, std::nullopt);
    EXPECT_EQ(describe_cgroup_limits(mounts),
              "cgroups are those of version 2, which is not mounted; those of version 1 (memory) are not known");
}

TEST(CgroupMounts, NoneOrNoTable)
{
    EXPECT_EQ(describe_cgroup_limits(mounts_of(others)), std::nullopt);
    EXPECT_EQ(describe_cgroup_limits(cgroup_mounts("/no/such/table")), std::nullopt);
}

} // namespace
