// SPDX-License-Identifier: BSD-2-Clause
// Names and IDs of users.
#include "base/error.hpp"
#include "base/users.hpp"

#include <gtest/gtest.h>

namespace {

using namespace snoop;

constexpr std::uint32_t unused_id = 4000000000;

TEST(ParseUser, NamesAndNumbers)
{
    EXPECT_EQ(parse_user("root"), 0u);
    EXPECT_EQ(parse_user("0"), 0u);
    EXPECT_EQ(parse_user("4294967294"), 4294967294u);
    EXPECT_EQ(parse_user("0012"), 12u);
}

TEST(ParseUser, UnknownNames)
{
    for (const char *text : {"no-such-user-here", "", "-1", "4294967295", "99999999999999999999", "1x", " 0"}) {
        try {
            parse_user(text);
            ADD_FAILURE() << "accepted: '" << text << "'";
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            EXPECT_NE(std::string{error.what()}.find("'" + std::string{text} + "'"), std::string::npos) << error.what();
        }
    }
}

TEST(UserNames, FindsAndRemembers)
{
    UserNames users;
    const auto first = users.find(0);

    ASSERT_TRUE(first);
    EXPECT_EQ(*first, "root");
    for (std::uint32_t uid = unused_id; uid < unused_id + 100; uid++)
        EXPECT_EQ(users.find(uid), std::nullopt);
    EXPECT_EQ(users.find(unused_id), std::nullopt);
    // Looked up once: the name is at the same address, and still valid after all lookups.
    EXPECT_EQ(users.find(0)->data(), first->data());
    EXPECT_EQ(*first, "root");
}

TEST(UserNames, FindsNothingWhenTurnedOff)
{
    UserNames users;
    EXPECT_TRUE(users.find(0));
    users.turn_off();
    EXPECT_EQ(users.find(0), std::nullopt);
    EXPECT_EQ(users.find(1), std::nullopt);
}

} // namespace
