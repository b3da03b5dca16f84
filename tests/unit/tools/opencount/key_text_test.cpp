// SPDX-License-Identifier: BSD-2-Clause
// The texts of opencount's keys.
#include "opencount/key_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace snoop::opencount {
namespace {

std::string given(open_by by, const std::string &path)
{
    open_name name{};
    const std::string data = path + '\0';

    name.open.path_len = static_cast<__u16>(data.size());
    return key_text(by, name, data);
}

// `components`: innermost first.
std::string resolved(open_by by, const std::string &path, const std::string &components, __u16 flags = 0,
                     const snoop_file &file = {})
{
    open_name name{};
    const std::string data = path + components;

    name.open.path_len = static_cast<__u16>(path.size());
    name.open.resolved_len = static_cast<__u16>(components.size());
    name.open.rec.flags = static_cast<__u16>(flags | OPEN_FLAG_HAS_RESOLVED);
    name.open.file = file;
    return key_text(by, name, data);
}

using namespace std::string_literals;

TEST(OpencountKeyText, AsGiven)
{
    EXPECT_EQ(given(OPEN_BY_PATH, "/etc/ssl/openssl.cnf"), "/etc/ssl/openssl.cnf");
    EXPECT_EQ(given(OPEN_BY_PATH, ""), R"("")");
    EXPECT_EQ(given(OPEN_BY_DIR, "/etc/ssl/openssl.cnf"), "/etc/ssl");
    EXPECT_EQ(given(OPEN_BY_DIR, "/etc//ssl//"), "/etc//ssl");
    EXPECT_EQ(given(OPEN_BY_DIR, "/etc"), "/");
    EXPECT_EQ(given(OPEN_BY_DIR, "//"), "/");
    EXPECT_EQ(given(OPEN_BY_DIR, "etc"), ".");
    EXPECT_EQ(given(OPEN_BY_SUFFIX, "/etc.d/passwd"), "none");
    EXPECT_EQ(given(OPEN_BY_SUFFIX, "/etc/.profile"), "none");
    EXPECT_EQ(given(OPEN_BY_SUFFIX, "a.tar.gz"), ".gz");
}

TEST(OpencountKeyText, WithoutAPath)
{
    open_name name{};

    EXPECT_EQ(key_text(OPEN_BY_PATH, name, ""), "-");
    name.open.rec.flags = OPEN_FLAG_NO_PATH;
    for (const open_by by : {OPEN_BY_PATH, OPEN_BY_DIR, OPEN_BY_SUFFIX})
        EXPECT_EQ(key_text(by, name, ""), "<fault>");
}

TEST(OpencountKeyText, Resolved)
{
    const std::string components = "passwd.txt\0etc\0"s;

    EXPECT_EQ(resolved(OPEN_BY_PATH, "x\0"s, components), "/etc/passwd.txt");
    EXPECT_EQ(resolved(OPEN_BY_DIR, "x\0"s, components), "/etc");
    EXPECT_EQ(resolved(OPEN_BY_SUFFIX, "x\0"s, components), ".txt");
    EXPECT_EQ(resolved(OPEN_BY_DIR, "x\0"s, "vmlinuz\0"s), "/");
    // A failed open has the folder where it starts, and the path.
    EXPECT_EQ(resolved(OPEN_BY_PATH, "a/x.c\0"s, "src\0"s, OPEN_FLAG_BASE_ONLY), "/src/a/x.c");
    EXPECT_EQ(resolved(OPEN_BY_DIR, "a/x.c\0"s, "src\0"s, OPEN_FLAG_BASE_ONLY), "/src/a");
    EXPECT_EQ(resolved(OPEN_BY_DIR, "x.c\0"s, "src\0"s, OPEN_FLAG_BASE_ONLY), "/src");
    EXPECT_EQ(resolved(OPEN_BY_SUFFIX, "x.c\0"s, "src\0"s, OPEN_FLAG_BASE_ONLY), ".c");
}

TEST(OpencountKeyText, MarkOfADeletedFileIsNotInItsSuffix)
{
    snoop_file file{};
    file.deleted = 1;

    EXPECT_EQ(resolved(OPEN_BY_PATH, "", "x.c\0tmp\0"s, 0, file), "/tmp/x.c (deleted)");
    EXPECT_EQ(resolved(OPEN_BY_SUFFIX, "", "x.c\0tmp\0"s, 0, file), ".c");
    EXPECT_EQ(resolved(OPEN_BY_DIR, "", "x.c\0tmp\0"s, 0, file), "/tmp");
}

TEST(OpencountKeyText, LengthsThatLie)
{
    open_name name{};
    name.open.path_len = 4000;
    name.open.resolved_len = 4000;
    name.open.rec.flags = OPEN_FLAG_HAS_RESOLVED;

    EXPECT_EQ(key_text(OPEN_BY_PATH, name, "a\0"s), "/");
}

} // namespace
} // namespace snoop::opencount
