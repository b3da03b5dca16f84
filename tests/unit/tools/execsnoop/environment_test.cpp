// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: variables of environments, and how two differ.
#include "base/capabilities.hpp"
#include "base/error.hpp"
#include "execsnoop/env_before.hpp"
#include "execsnoop/environment.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace snoop::execsnoop {
namespace {

using namespace std::string_literals;
using Names = std::vector<std::string>;
using Views = std::vector<std::string_view>;

TEST(Environment, FindsVariables)
{
    const std::string env = "PATHS=x\0NONE\0PATH=/bin\0PATH=/sbin\0EMPTY=\0"s;

    EXPECT_EQ(variable(env, "PATH"), "/bin");
    EXPECT_EQ(variable(env, "EMPTY"), "");
    EXPECT_EQ(variable(env, "NONE"), std::nullopt);
    EXPECT_EQ(variable(env, "PAT"), std::nullopt);
    EXPECT_EQ(variable("", "PATH"), std::nullopt);
    EXPECT_EQ(variable("A=no nul", "A"), "no nul");
}

TEST(Environment, ParsesNames)
{
    EXPECT_EQ(parse_names("--env", "PATH"), (Names{"PATH"}));
    EXPECT_EQ(parse_names("--env", "PATH,LD_PRELOAD,BASH_FUNC_f%%"), (Names{"PATH", "LD_PRELOAD", "BASH_FUNC_f%%"}));
    for (const char *bad : {"", ",", "A,", ",A", "A=1", "A B", "A\"", "\xc3\xa9"})
        EXPECT_THROW(parse_names("--env", bad), Error) << bad;
}

TEST(Environment, Differences)
{
    const auto diff = [](const std::string &before, const std::string &after) {
        const EnvDiff d = EnvDiff::between(before, after);
        Buffer text;
        put_text(text, d, Spaces::escape);
        return std::string{text.data(), text.size()};
    };

    EXPECT_EQ(diff("", ""), "none");
    EXPECT_EQ(diff("A=1\0B=2\0"s, "B=2\0A=1\0"s), "none");
    EXPECT_EQ(diff("A=1\0B=2\0C=3\0"s, "D=1\0B=3\0C=3\0"s), "+D,~B,-A");
    EXPECT_EQ(diff("A=1\0A=2\0"s, "A=1\0"s), "none");
    EXPECT_EQ(diff("", "a b\n=1\0"s), "+a\\x20b\\n");
    const std::string before = "A=1\0"s, after = "B=1\0"s;
    const EnvDiff d = EnvDiff::between(before, after);
    EXPECT_EQ(d.added, Views{"B"});
    EXPECT_EQ(d.removed, Views{"A"});
    EXPECT_EQ(d.changed, Views{});
}

std::optional<std::string> taken(EnvBefore &all, std::uint64_t ts_ns, std::uint32_t tid)
{
    return all.take(ts_ns, tid);
}

void add(EnvBefore &all, std::uint64_t ts_ns, std::uint32_t tid, std::string_view bytes, unsigned flags = 0)
{
    snoop_record rec{};
    rec.ts_ns = ts_ns;
    rec.tid = tid;
    rec.flags = static_cast<std::uint16_t>(flags);
    all.add(rec, std::as_bytes(std::span{bytes}));
}

TEST(EnvBefore, JoinsRecords)
{
    EnvBefore all;

    add(all, 1, 7, "ab", SNOOP_FLAG_MORE);
    add(all, 1, 8, "x");
    add(all, 1, 7, "cd");
    EXPECT_EQ(taken(all, 2, 7), std::nullopt);
    EXPECT_EQ(taken(all, 1, 7), "abcd");
    EXPECT_EQ(taken(all, 1, 7), std::nullopt);
    EXPECT_EQ(taken(all, 1, 8), "x");
}

TEST(EnvBefore, NothingOfAPart)
{
    EnvBefore all;

    add(all, 1, 7, "ab", SNOOP_FLAG_MORE);
    add(all, 2, 7, "", SNOOP_FLAG_FAULTED);
    EXPECT_EQ(taken(all, 1, 7), std::nullopt);
    EXPECT_EQ(taken(all, 2, 7), std::nullopt);
}

// Blocks that nobody takes do not pile up.
TEST(EnvBefore, DropsTheOldest)
{
    EnvBefore all;
    const std::string large(1 << 20, 'x');

    for (std::uint64_t i = 1; i <= 100; i++)
        add(all, i, 7, large);
    EXPECT_EQ(taken(all, 1, 7), std::nullopt);
    EXPECT_EQ(taken(all, 100, 7), large);
    for (std::uint64_t i = 1; i <= 100'000; i++)
        add(all, i, 8, "");
    EXPECT_EQ(taken(all, 1, 8), std::nullopt);
    EXPECT_EQ(taken(all, 100'000, 8), "");
}

TEST(Capabilities, Names)
{
    EXPECT_EQ(capability_name(0), "cap_chown");
    EXPECT_EQ(capability_name(13), "cap_net_raw");
    EXPECT_EQ(capability_name(40), "cap_checkpoint_restore");
    EXPECT_EQ(capability_name(41), "cap_41");
}

} // namespace
} // namespace snoop::execsnoop
