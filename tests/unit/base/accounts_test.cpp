// SPDX-License-Identifier: BSD-2-Clause
// Accounts from files, as static programs read them, and from the system.
#include "base/accounts.hpp"
#include "unit/files.hpp"

#include <gtest/gtest.h>

namespace {

using namespace snoop;

constexpr auto passwd_text = "root:x:0:0:root:/root:/bin/sh\n"
                             "# not an account\n"
                             "\n"
                             "alice:x:1000:1001:Alice:/home/alice:/bin/bash\n"
                             "broken:x:nine\n"
                             "bob:x:1002:1002::/home/bob:/bin/false\n";

class AccountFiles : public testing::Test {
protected:
    AccountFiles() { write_file(passwd_, passwd_text); }

    TempDir dir_;
    std::string passwd_ = dir_ / "passwd", group_ = dir_ / "group";
};

TEST_F(AccountFiles, FindsAnAccountById)
{
    const auto alice = find_account_in(passwd_.c_str(), 1000);

    ASSERT_TRUE(alice);
    EXPECT_EQ(alice->name, "alice");
    EXPECT_EQ(alice->gid, 1001u);
    EXPECT_EQ(alice->home, "/home/alice");
    EXPECT_EQ(alice->shell, "/bin/bash");
    EXPECT_FALSE(find_account_in(passwd_.c_str(), 1001));
}

TEST_F(AccountFiles, FindsAnAccountByName)
{
    const auto bob = find_account_in(passwd_.c_str(), "bob");

    ASSERT_TRUE(bob);
    EXPECT_EQ(bob->uid, 1002u);
    for (const char *name : {"", "broken", "bo", "# not an account"})
        EXPECT_FALSE(find_account_in(passwd_.c_str(), name)) << name;
}

TEST_F(AccountFiles, FindsTheGroupsOfAnAccount)
{
    write_file(group_, "alice:x:1001:alice\n"
                       "adm:x:4:bob,alice\n"
                       "sudo:x:27:alicea,xalice\n"
                       "wide:x:30:bob,carol,alice\n");
    const Account alice{.name = "alice", .home = "", .shell = "", .uid = 1000, .gid = 1001};

    EXPECT_EQ(groups_in(group_.c_str(), alice), (std::vector<gid_t>{1001, 4, 30}));
}

TEST_F(AccountFiles, ReadsOnAfterALongEntry)
{
    std::string members = "bob";
    while (members.size() < 2'000'000)
        members += ",somebody";
    const Account alice{.name = "alice", .home = "", .shell = "", .uid = 1000, .gid = 1001};
    write_file(group_, "everybody:x:100:" + members + ",alice\nadm:x:4:alice\n");
    write_file(passwd_, "long:x:1:1:" + std::string(20'000, 'x') + ":/:/bin/sh\nalice:x:1000:1001::/:/bin/sh\n");

    EXPECT_EQ(groups_in(group_.c_str(), alice), (std::vector<gid_t>{1001, 100, 4}));
    EXPECT_TRUE(find_account_in(passwd_.c_str(), 1000));
}

TEST_F(AccountFiles, AMissingFileIsEmpty)
{
    const Account alice{.name = "alice", .home = "", .shell = "", .uid = 1000, .gid = 1001};

    EXPECT_FALSE(find_account_in((dir_ / "none").c_str(), 0));
    EXPECT_EQ(groups_in((dir_ / "none").c_str(), alice), std::vector<gid_t>{1001});
}

TEST(Accounts, TheSystemsAreThoseOfItsFile)
{
    const auto of_system = find_account(0), of_file = find_account_in("/etc/passwd", 0);

    ASSERT_TRUE(of_system && of_file);
    EXPECT_EQ(of_system->name, of_file->name);
    EXPECT_EQ(of_system->home, of_file->home);
    EXPECT_EQ(find_account(of_system->name)->uid, 0u);
}

} // namespace
