// SPDX-License-Identifier: BSD-2-Clause
// Ancestors of programs, from records.
#include "run/ancestors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;
using testing::ElementsAre;

snoop_program program(std::uint64_t id, std::string_view comm)
{
    snoop_program program{};

    program.exec_id = id;
    program.pid = static_cast<__u32>(id);
    comm.copy(program.comm, SNOOP_COMM_LEN);
    return program;
}

// Ancestors from the farthest to the nearest, as the programs add them.
snoop_lineage lineage(const snoop_program &self, const std::vector<snoop_program> &ancestors, __u32 next = 0)
{
    snoop_lineage l{};

    l.self = self;
    l.next = next;
    for (const snoop_program &one : ancestors)
        l.ancestors[l.next++ % SNOOP_ANCESTORS] = one;
    l.count = static_cast<__u32>(ancestors.size());
    return l;
}

void add(Ancestors &ancestors, const snoop_lineage &one) { ancestors.add(std::as_bytes(std::span{&one, 1})); }

std::vector<std::uint64_t> ids(Ancestors &ancestors, std::uint64_t id)
{
    const std::vector<Ancestor> found = ancestors.of(id).value();
    std::vector<std::uint64_t> all;
    for (const Ancestor &one : found)
        all.push_back(one.exec_id);
    return all;
}

std::string text(Ancestors &ancestors, std::uint64_t id)
{
    Buffer out;
    put_text(out, ancestors.of(id).value(), Spaces::escape);
    return {out.data(), out.size()};
}

TEST(Ancestors, NearestFirst)
{
    Ancestors ancestors;

    add(ancestors, lineage(program(3, "make"), {program(1, "init"), program(2, "sshd")}));
    EXPECT_THAT(ids(ancestors, 3), ElementsAre(2, 1));
    EXPECT_THAT(ids(ancestors, 2), ElementsAre(1));
    EXPECT_THAT(ids(ancestors, 1), ElementsAre());
    EXPECT_EQ(ancestors.of(4), std::nullopt);
    EXPECT_EQ(text(ancestors, 3), "sshd<init");
    EXPECT_EQ(text(ancestors, 1), "-");
}

TEST(Ancestors, RingWrapsAround)
{
    Ancestors ancestors;

    add(ancestors, lineage(program(3, "c"), {program(1, "a"), program(2, "b")}, 0xffffffff));
    EXPECT_THAT(ids(ancestors, 3), ElementsAre(2, 1));
}

TEST(Ancestors, NamesCannotForgeAncestors)
{
    Ancestors ancestors;

    add(ancestors, lineage(program(3, "c"), {program(1, "<"), program(2, "a<b c\n")}));
    EXPECT_EQ(text(ancestors, 3), R"(a\x3cb\x20c\n<\x3c)");
}

// The farthest ancestor of one record has an ancestor in another.
TEST(Ancestors, AtMostSixteen)
{
    Ancestors ancestors;
    std::vector<snoop_program> all;

    add(ancestors, lineage(program(1, "b"), {program(100, "a")}));
    for (std::uint64_t id = 1; id <= SNOOP_ANCESTORS; id++)
        all.push_back(program(id, "p"));
    add(ancestors, lineage(program(50, "p"), all));
    EXPECT_EQ(ids(ancestors, 50).size(), 16u);
    EXPECT_THAT(ids(ancestors, 1), ElementsAre(100));
}

TEST(Ancestors, ForgetsAndIsToldAgain)
{
    __u32 epoch = 0;
    Ancestors ancestors{2};

    ancestors.tell(&epoch);
    add(ancestors, lineage(program(2, "b"), {program(1, "a")}));
    EXPECT_EQ(epoch, 0u);
    add(ancestors, lineage(program(4, "d"), {program(3, "c")}));
    EXPECT_EQ(epoch, 1u);
    EXPECT_THAT(ids(ancestors, 2), ElementsAre(1));
    add(ancestors, lineage(program(6, "f"), {program(5, "e")}));
    EXPECT_EQ(epoch, 2u);
    EXPECT_EQ(ancestors.of(2), std::nullopt);
    EXPECT_THAT(ids(ancestors, 6), ElementsAre(5));
}

TEST(Ancestors, DamagedRecords)
{
    Ancestors ancestors;
    snoop_lineage one = lineage(program(2, "b"), {});

    one.count = 0xffffffff;
    one.next = 3;
    add(ancestors, one);
    ancestors.add(std::as_bytes(std::span{&one, 1}).first(20));
    EXPECT_LE(ids(ancestors, 2).size(), 16u);
}

} // namespace
