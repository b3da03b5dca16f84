// SPDX-License-Identifier: BSD-2-Clause
// Detecting the bpf LSM, and the kernel parameter that enables it.
#include "kernel/lsm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace snoop;
using testing::HasSubstr;

TEST(Lsm, FindsBpfAsAWholeName)
{
    EXPECT_TRUE(lsm::has_bpf("lockdown,capability,yama,apparmor,bpf"));
    EXPECT_TRUE(lsm::has_bpf("bpf"));
    EXPECT_TRUE(lsm::has_bpf("bpf,ima\n"));
    EXPECT_TRUE(lsm::has_bpf("landlock,bpf\n"));
    EXPECT_FALSE(lsm::has_bpf("lockdown,capability,yama,apparmor"));
    EXPECT_FALSE(lsm::has_bpf("nobpf,bpfs"));
    EXPECT_FALSE(lsm::has_bpf(""));
}

// The kernel itself puts capability first.
TEST(Lsm, EnabledByTheActiveListPlusBpf)
{
    EXPECT_THAT(lsm::how_to_enable("lockdown,capability,landlock,yama,integrity,apparmor"),
                HasSubstr(": lsm=lockdown,landlock,yama,integrity,apparmor,bpf ("));
    EXPECT_THAT(lsm::how_to_enable("capability"), HasSubstr(": lsm=bpf ("));
    EXPECT_THAT(lsm::how_to_enable("yama\n"), HasSubstr(": lsm=yama,bpf ("));
}

TEST(Lsm, WithoutAListSaysHowToReadIt)
{
    EXPECT_THAT(lsm::how_to_enable(std::nullopt), HasSubstr("mount -t securityfs securityfs /sys/kernel/security"));
}

} // namespace
