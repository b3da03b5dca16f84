// SPDX-License-Identifier: BSD-2-Clause
// snoop-export tells a tool what it sent, and the tool prints a summary of it.
#include "export/protocol.hpp"
#include "export/row_export.hpp"
#include "unit/accounting.hpp"

#include <gtest/gtest.h>

namespace snoop {
namespace {

using Kind = Message::Kind;

constexpr ExportCounts counts{.sent = 5,
                              .queued = 4,
                              .queue_full = 3,
                              .rejected = 2,
                              .invalid = 1,
                              .damaged = 8,
                              .spooled = 9,
                              .former_sent = 10,
                              .former_queued = 11,
                              .former_dropped = 12};

TEST(ExportProtocol, ReadsWhatItWrites)
{
    for (const Message &message :
         {Message{Kind::ready, 10'000, {}, {}}, Message{Kind::failed, 2, "--otlp: bad URL", {}},
          Message{Kind::failed, 3, {}, {}}, Message{Kind::so_far, 0, {}, counts},
          Message{Kind::end, 0, {}, {.sent = UINT64_MAX}}}) {
        const std::string line = message_line(message);
        ASSERT_TRUE(line.ends_with('\n')) << line;
        const auto read = parse_message(std::string_view{line}.substr(0, line.size() - 1));
        ASSERT_TRUE(read) << line;
        EXPECT_EQ(read->kind, message.kind) << line;
        EXPECT_EQ(read->number, message.number) << line;
        EXPECT_EQ(read->text, message.text) << line;
        EXPECT_EQ(read->counts, message.counts) << line;
    }
}

TEST(ExportProtocol, RejectsOtherLines)
{
    for (const char *line :
         {"", " ", "ready", "ready x", "ready 1 2", "ready -1", "failed", "failed x", "end", "end 1 2 3 4 5 6 7 8 9",
          "end 1 2 3 4 5 6 7 8 9 0 1", "end  1 2 3 4 5 6 7 8 9 0", "end 1 2 3 4 5 6 7 8 9 0x",
          "so_far 1 2 3 4 5 6 7 8 9 99999999999999999999", "snoop-export: libcurl: x", "ends 1 2 3 4 5 6 7 8 9 0"})
        EXPECT_FALSE(parse_message(line)) << line;
}

TEST(ExportAccounting, TextNamesTheCauses)
{
    EXPECT_EQ(export_accounting("mysnoop", 3, {.sent = 3}).as_text(), "printed 3 = sent 3 + queued 0 + dropped 0");
    EXPECT_EQ(export_accounting("mysnoop", 36, counts, {.slow = 6, .no_helper = 7}).as_text(),
              "printed 36 = sent 5 + queued 4 + dropped 27; dropped, queue full: 3; dropped, rejected: 2; "
              "dropped, invalid: 1; dropped, spool damaged: 8; dropped, exporter slow: 6; dropped, exporter ended: 7; "
              "spooled 9; sent of former runs 10; queued of former runs 11; dropped of former runs 12");
}

TEST(ExportAccounting, JsonHasEveryNumber)
{
    EXPECT_EQ(json_of(export_accounting("mysnoop", 36, counts, {.slow = 6, .no_helper = 7})),
              R"({"event":"export","tool":"mysnoop","printed":36,"sent":5,"queued":4,"dropped":27,"dropped_by":)"
              R"({"queue_full":3,"rejected":2,"invalid":1,"spool_damaged":8,"exporter_slow":6,"exporter_ended":7},)"
              R"("spooled":9,"former_sent":10,"former_queued":11,"former_dropped":12})"
              "\n");
}

} // namespace
} // namespace snoop
