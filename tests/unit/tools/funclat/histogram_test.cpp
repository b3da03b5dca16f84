// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/histogram.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace snoop::funclat {
namespace {

using Slots = std::array<__u64, 64>;

std::string text(const Slots &slots, std::string_view unit = "ns", Bars bars = Bars::ascii)
{
    Buffer out;
    put_histogram(out, slots, unit, bars);
    return fmt::to_string(out);
}

TEST(Histogram, Slots)
{
    EXPECT_EQ(slot_low(0), 0u);
    EXPECT_EQ(slot_high(0), 1u);
    EXPECT_EQ(slot_low(1), 2u);
    EXPECT_EQ(slot_high(1), 3u);
    EXPECT_EQ(slot_low(63), 0x8000000000000000u);
    EXPECT_EQ(slot_high(63), 0xffffffffffffffffu);
    for (std::size_t slot = 1; slot < 64; slot++)
        EXPECT_EQ(slot_low(slot), slot_high(slot - 1) + 1);
}

TEST(Histogram, PrintsNothingWithoutCounts) { EXPECT_EQ(text({}), ""); }

TEST(Histogram, PrintsSlotsBetweenFirstAndLastCount)
{
    Slots slots{};
    slots[2] = 20;
    slots[4] = 10;
    slots[5] = 1;
    EXPECT_EQ(text(slots), "                      ns : count    distribution\n"
                           "         4 -> 7          : 20       |****************************************|\n"
                           "         8 -> 15         : 0        |                                        |\n"
                           "        16 -> 31         : 10       |********************                    |\n"
                           "        32 -> 63         : 1        |**                                      |\n");
}

TEST(Histogram, BarsOfBlocksKeepTheFrame)
{
    Slots slots{};
    slots[2] = 80;
    slots[3] = 1;
    EXPECT_EQ(text(slots, "ns", Bars::blocks),
              "                      ns : count    distribution\n"
              "         4 -> 7          : 80       |████████████████████████████████████████|\n"
              "         8 -> 15         : 1        |▌                                       |\n");
}

TEST(Histogram, LargestNumbersFit)
{
    Slots slots{};
    slots[0] = 1;
    slots[63] = 0xffffffffffffffff;
    const std::string all = text(slots, "ms");
    std::size_t start = 0, width = 0;
    for (std::size_t end; (end = all.find('\n', start)) != all.npos; start = end + 1)
        if (start > 0) {
            EXPECT_EQ(end - start, width == 0 ? end - start : width);
            width = end - start;
        }
}

TEST(Histogram, Json)
{
    Slots slots{};
    slots[0] = 3;
    slots[63] = 1;
    Buffer out;
    JsonWriter json{out};
    put_json(json, used_slots(slots));
    EXPECT_EQ(fmt::to_string(out), R"([{"lo":0,"hi":1,"count":3},)"
                                   R"({"lo":9223372036854775808,"hi":18446744073709551615,"count":1}])");
}

} // namespace
} // namespace snoop::funclat
