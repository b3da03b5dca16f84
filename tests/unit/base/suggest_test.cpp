// SPDX-License-Identifier: BSD-2-Clause
#include "base/suggest.hpp"

#include <gmock/gmock.h>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> near(std::string_view name, std::initializer_list<std::string_view> all)
{
    Suggestions names{name};
    for (const auto one : all)
        names.see(one);
    return names.names();
}

TEST(Suggestions, LettersThatAreSwappedMissingOrTooMany)
{
    EXPECT_THAT(near("vfs_raed", {"vfs_read", "vfs_write", "ext4_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(near("vfs_rea", {"vfs_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(near("vfs_reead", {"vfs_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(near("vfs_reax", {"vfs_read"}), ElementsAre("vfs_read"));
}

TEST(Suggestions, WhatACompilerOrTheKernelMakesOfAName)
{
    EXPECT_THAT(near("ep_item_poll", {"ep_item_poll.isra.0", "vfs_poll"}), ElementsAre("ep_item_poll.isra.0"));
    EXPECT_THAT(near("sys_read", {"__x64_sys_read"}), ElementsAre("__x64_sys_read"));
    EXPECT_THAT(near("sys_read", {"do_sys_read_all", "sys_read.part.0"}),
                ElementsAre("sys_read.part.0", "do_sys_read_all"));
}

TEST(Suggestions, TheNearestThreeEachOnce)
{
    EXPECT_THAT(near("abcdefgh", {"abcdefgh123", "abcdefgx", "abcdefgx", "abcdefgh12", "abcdefxx", "zzzzzzzz"}),
                ElementsAre("abcdefgx", "abcdefxx", "abcdefgh12"));
}

TEST(Suggestions, NothingNear)
{
    EXPECT_THAT(near("tcp_sendmsg", {"vfs_read", ""}), IsEmpty());
    EXPECT_THAT(near("ab", {"cd", "abxy"}), IsEmpty());
    EXPECT_THAT(near("", {"abc"}), IsEmpty());
}

TEST(Suggestions, Hint)
{
    Suggestions names{"vfs_raed"};

    EXPECT_EQ(names.hint(), "");
    names.see("vfs_read");
    EXPECT_EQ(names.hint(), "; did you mean vfs_read?");
    names.see("vfs_readv");
    EXPECT_EQ(names.hint(), "; did you mean vfs_read or vfs_readv?");
}

} // namespace
} // namespace snoop
