// SPDX-License-Identifier: BSD-2-Clause
// Names of errors, signals and users.
#include "base/error.hpp"
#include "base/users.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace {

using namespace snoop;

constexpr std::uint32_t nobody_has_this_id = 4000000000;

TEST(ErrnoName, KnownAndUnknown)
{
    EXPECT_EQ(errno_name(ENOENT), "ENOENT");
    EXPECT_EQ(errno_name(EACCES), "EACCES");
    EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
    EXPECT_EQ(errno_name(512), "512"); // ERESTARTSYS, the kernel's own
    EXPECT_EQ(errno_name(123456), "123456");
}

TEST(DescribeErrno, KnownAndUnknown)
{
    EXPECT_EQ(describe_errno(ENOENT), "No such file or directory (ENOENT)");
    EXPECT_EQ(describe_errno(123456), "error 123456");
}

TEST(SignalName, KnownAndUnknown)
{
    EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
    EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
    EXPECT_EQ(signal_name(34), "SIG34");
    EXPECT_EQ(signal_name(127), "SIG127");
}

TEST(ParseUser, NamesAndNumbers)
{
    EXPECT_EQ(parse_user("root"), 0u);
    EXPECT_EQ(parse_user("0"), 0u);
    EXPECT_EQ(parse_user("4294967294"), 4294967294u);
    EXPECT_EQ(parse_user("0012"), 12u);
}

TEST(ParseUser, UnknownOnes)
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
    for (std::uint32_t uid = nobody_has_this_id; uid < nobody_has_this_id + 100; uid++)
        EXPECT_EQ(users.find(uid), std::nullopt);
    EXPECT_EQ(users.find(nobody_has_this_id), std::nullopt);
    // Looked up once: the same bytes again, and still valid after all those others.
    EXPECT_EQ(users.find(0)->data(), first->data());
    EXPECT_EQ(*first, "root");
}

TEST(UserNames, TurnedOffKnowsNobody)
{
    UserNames users;
    EXPECT_TRUE(users.find(0));
    users.turn_off();
    EXPECT_EQ(users.find(0), std::nullopt);
    EXPECT_EQ(users.find(1), std::nullopt);
}

} // namespace
