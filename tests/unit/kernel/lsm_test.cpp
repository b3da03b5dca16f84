// SPDX-License-Identifier: BSD-2-Clause
// Which parameter of the kernel turns the bpf LSM on.
#include "kernel/lsm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace snoop;
using testing::HasSubstr;

TEST(Lsm, BpfIsAWholeName)
{
    EXPECT_TRUE(lsm::has_bpf("lockdown,capability,yama,apparmor,bpf"));
    EXPECT_TRUE(lsm::has_bpf("bpf"));
    EXPECT_TRUE(lsm::has_bpf("bpf,ima\n"));
    EXPECT_TRUE(lsm::has_bpf("landlock,bpf\n"));
    EXPECT_FALSE(lsm::has_bpf("lockdown,capability,yama,apparmor"));
    EXPECT_FALSE(lsm::has_bpf("nobpf,bpfs"));
    EXPECT_FALSE(lsm::has_bpf(""));
}

// capability is not asked for: the kernel puts it first itself.
TEST(Lsm, TheCureIsTodaysListAndBpf)
{
    EXPECT_THAT(lsm::how_to_enable("lockdown,capability,landlock,yama,integrity,apparmor"),
                HasSubstr(": lsm=lockdown,landlock,yama,integrity,apparmor,bpf ("));
    EXPECT_THAT(lsm::how_to_enable("capability"), HasSubstr(": lsm=bpf ("));
    EXPECT_THAT(lsm::how_to_enable("yama\n"), HasSubstr(": lsm=yama,bpf ("));
}

TEST(Lsm, WithoutAListItSaysWhereOneIs)
{
    EXPECT_THAT(lsm::how_to_enable(std::nullopt), HasSubstr("mount -t securityfs securityfs /sys/kernel/security"));
}

} // namespace
