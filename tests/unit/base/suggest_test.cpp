// SPDX-License-Identifier: BSD-2-Clause
// Names that are similar to one that does not exist.
#include "base/suggest.hpp"

#include <gmock/gmock.h>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> similar(std::string_view name, std::initializer_list<std::string_view> all)
{
    Suggestions names{name};
    for (const auto one : all)
        names.consider(one);
    return names.names();
}

TEST(Suggestions, SwappedMissingAndExtraLetters)
{
    EXPECT_THAT(similar("vfs_raed", {"vfs_read", "vfs_write", "ext4_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(similar("vfs_rea", {"vfs_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(similar("vfs_reead", {"vfs_read"}), ElementsAre("vfs_read"));
    EXPECT_THAT(similar("vfs_reax", {"vfs_read"}), ElementsAre("vfs_read"));
}

TEST(Suggestions, VariantsOfTheCompilerAndTheKernel)
{
    EXPECT_THAT(similar("ep_item_poll", {"ep_item_poll.isra.0", "vfs_poll"}), ElementsAre("ep_item_poll.isra.0"));
    EXPECT_THAT(similar("sys_read", {"__x64_sys_read"}), ElementsAre("__x64_sys_read"));
    EXPECT_THAT(similar("sys_read", {"do_sys_read_all", "sys_read.part.0"}),
                ElementsAre("sys_read.part.0", "do_sys_read_all"));
}

TEST(Suggestions, AtMostThreeEachOnce)
{
    EXPECT_THAT(similar("abcdefgh", {"abcdefgh123", "abcdefgx", "abcdefgx", "abcdefgh12", "abcdefxx", "zzzzzzzz"}),
                ElementsAre("abcdefgx", "abcdefxx", "abcdefgh12"));
}

TEST(Suggestions, NothingSimilar)
{
    EXPECT_THAT(similar("tcp_sendmsg", {"vfs_read", ""}), IsEmpty());
    EXPECT_THAT(similar("ab", {"cd", "abxy"}), IsEmpty());
    EXPECT_THAT(similar("", {"abc"}), IsEmpty());
}

TEST(Suggestions, Hint)
{
    Suggestions names{"vfs_raed"};

    EXPECT_EQ(names.hint(), "");
    names.consider("vfs_read");
    EXPECT_EQ(names.hint(), "; did you mean vfs_read?");
    names.consider("vfs_readv");
    EXPECT_EQ(names.hint(), "; did you mean vfs_read or vfs_readv?");
}

} // namespace
} // namespace snoop
