// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary: how its numbers are printed, in text and in JSON.
#include "libbpf/accounting.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace snoop {
namespace {

constexpr std::string_view rows = "Rows.", cause = "A cause.";

std::string json_of(const Accounting &sum)
{
    Buffer out;
    sum.put_json(out);
    return {out.data(), out.size()};
}

TEST(Accounting, AddsUpTheCausesOfLoss)
{
    Accounting sum{"mysnoop", 9};
    sum.add({"printed", 3, rows}).add_lost({{"ring_full", 2, cause}, {"map_full", 0, cause}, {"missed", 4, cause}});

    EXPECT_EQ(sum.lost(), 6u);
    EXPECT_EQ(sum.as_text(), "seen 9 = printed 3 + lost 6; lost, ring full: 2; lost, missed: 4");
}

TEST(Accounting, TextOmitsWhatDidNotOccur)
{
    Accounting sum{"mysnoop", 0};
    sum.add({"printed", 0, rows}).add_lost({{"ring_full", 0, cause}});
    sum.add({"in_flight", 0, rows, AccountingItem::unless_zero}).add({"inside", 0, rows, AccountingItem::never});
    sum.add_note({"truncated", 0, rows, AccountingItem::unless_zero});
    sum.add_note({"bytes", 0, rows}).add_note({"replies", 7, rows, AccountingItem::never});

    EXPECT_EQ(sum.as_text(), "seen 0 = printed 0 + lost 0; bytes 0");
}

TEST(Accounting, JsonHasEveryNumber)
{
    Accounting sum{"mysnoop", 10};
    sum.add({"printed", 4, rows}).add({"after_stop", 1, rows, AccountingItem::unless_zero});
    sum.add({"missed", 2, rows, AccountingItem::never, "missed returns"});
    sum.add_lost({{"ring_full", 3, cause}, {"too_large", 0, cause}}).add_note(descendants_lost({}));

    EXPECT_EQ(json_of(sum), R"({"event":"accounting","tool":"mysnoop","seen":10,"printed":4,"after_stop":1,"missed":2,)"
                            R"("lost":3,"lost_by":{"ring_full":3,"too_large":0},"descendants_lost":0})"
                            "\n");
}

TEST(Accounting, SchemaHasEveryKeyOfTheLine)
{
    Accounting sum{"mysnoop", 3};
    sum.add({.key = "printed", .count = 1, .meaning = rows, .only = "with --rows"}).add_lost({{"ring_full", 2, cause}});
    sum.add_note(descendants_lost({}));

    const auto line = nlohmann::ordered_json::parse(json_of(sum));
    const auto schema = nlohmann::ordered_json::parse(json_schema("mysnoop", {sum.describe()}))["$defs"]["accounting"];
    const auto names = [](const auto &object) {
        std::vector<std::string> all;
        for (const auto &[key, value] : object.items())
            all.push_back(key);
        return all;
    };
    EXPECT_EQ(names(schema["properties"]), names(line));
    EXPECT_EQ(schema["properties"]["printed"]["description"], "Rows. Only with --rows.");
    EXPECT_EQ(schema["required"].dump(), R"(["event","tool","seen","lost","lost_by","descendants_lost"])");
    const auto lost_by = schema["properties"]["lost_by"];
    EXPECT_EQ(lost_by["properties"].dump(), R"({"ring_full":{"description":"A cause.","type":"integer"}})");
    EXPECT_EQ(lost_by["required"].dump(), R"(["ring_full"])");
    EXPECT_EQ(lost_by["additionalProperties"], false);
}

TEST(Accounting, LargeNumbers)
{
    const Accounting sum{"mysnoop", UINT64_MAX};
    EXPECT_EQ(nlohmann::json::parse(json_of(sum))["seen"], UINT64_MAX);
    EXPECT_EQ(sum.as_text(), "seen 18446744073709551615");
}

} // namespace
} // namespace snoop
