// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary: how its numbers are printed, in text and in JSON.
#include "libbpf/accounting.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace snoop {
namespace {

std::string json_of(const Accounting &sum)
{
    Buffer out;
    sum.put_json(out);
    return {out.data(), out.size()};
}

TEST(Accounting, AddsUpTheCausesOfLoss)
{
    Accounting sum{"mysnoop", 9};
    sum.add({"printed", 3}).add_lost({{"ring full", 2}, {"map full", 0}, {"missed", 4}});

    EXPECT_EQ(sum.lost(), 6u);
    EXPECT_EQ(sum.as_text(), "seen 9 = printed 3 + lost 6; lost, ring full: 2; lost, missed: 4");
}

TEST(Accounting, TextOmitsWhatDidNotOccur)
{
    Accounting sum{"mysnoop", 0};
    sum.add({"printed", 0}).add_lost({{"ring full", 0}});
    sum.add({"in flight", 0, AccountingItem::unless_zero}).add({"inside", 0, AccountingItem::never});
    sum.add_note({"truncated", 0, AccountingItem::unless_zero});
    sum.add_note({"bytes", 0}).add_note({"replies", 7, AccountingItem::never});

    EXPECT_EQ(sum.as_text(), "seen 0 = printed 0 + lost 0; bytes 0");
}

TEST(Accounting, JsonHasEveryNumber)
{
    Accounting sum{"mysnoop", 10};
    sum.add({"printed", 4}).add({"after stop", 1, AccountingItem::unless_zero});
    sum.add({"missed returns", 2, AccountingItem::never, "missed"}).add_lost({{"ring full", 3}, {"too large", 0}});
    sum.add_note({"descendants lost", 0, AccountingItem::unless_zero});

    EXPECT_EQ(json_of(sum), R"({"event":"accounting","tool":"mysnoop","seen":10,"printed":4,"after_stop":1,"missed":2,)"
                            R"("lost":3,"lost_by":{"ring_full":3,"too_large":0},"descendants_lost":0})"
                            "\n");
}

TEST(Accounting, LargeNumbers)
{
    const Accounting sum{"mysnoop", UINT64_MAX};
    EXPECT_EQ(nlohmann::json::parse(json_of(sum))["seen"], UINT64_MAX);
    EXPECT_EQ(sum.as_text(), "seen 18446744073709551615");
}

} // namespace
} // namespace snoop
