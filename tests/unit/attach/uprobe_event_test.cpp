// SPDX-License-Identifier: BSD-2-Clause
#include "attach/placement.hpp"
#include "attach/uprobe_event.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <vector>

namespace snoop {
namespace {

using testing::ElementsAre;

TEST(UprobeEventKeys, HaveTheLowBitsOfTheOffset)
{
    EXPECT_THAT(uprobe_event_keys(std::vector<std::uint64_t>{0x1234, 0x7fff, 0x3000}),
                ElementsAre(0x234, 0xfff, 0x000));
}

// Each with the same low bits belongs to a further event, also if it is at the same address.
TEST(UprobeEventKeys, AreUnique)
{
    EXPECT_THAT(uprobe_event_keys(std::vector<std::uint64_t>{0x1010, 0x2010, 0x1010, 0x2020}),
                ElementsAre(0x0010, 0x1010, 0x2010, 0x0020));
}

TEST(DescribePlacement, SaysWhoPays)
{
    EXPECT_EQ(describe_placement({}, {"/lib/libc.so.6"}), "the probes slow every process that maps /lib/libc.so.6");
    EXPECT_EQ(describe_placement({}, {"/lib/libc.so.6"}, 1230),
              "the probes slow every process that maps /lib/libc.so.6, by about 1.2 µs a call");
    EXPECT_EQ(describe_placement({}, {"/a", "/b"}), "the probes slow every process that maps one of 2 files");
    EXPECT_EQ(describe_placement({42, false}, {"/a"}), "the probes are in process 42 alone");
    EXPECT_EQ(describe_placement({42, true}, {"/a"}), "the probes are in the command and its descendants alone");
}

} // namespace
} // namespace snoop
