// SPDX-License-Identifier: BSD-2-Clause
// Rows of execsnoop --exit as spans.
#include "snoop-export/span.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace snoop::snoop_export {
namespace {

using nlohmann::json;

constexpr const char *parent_text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

json row(const json &more = json::object())
{
    json row = {{"event", "exec"},
                {"time", "2026-11-22T10:04:10.5Z"},
                {"pid", 7},
                {"filename", "/usr/bin/make"},
                {"errno", nullptr},
                {"exec_id", "00000000000000aa"},
                {"parent_exec_id", "00000000000000bb"},
                {"parent_seen", true},
                {"duration_ns", 250},
                {"exit_code", 0},
                {"signal", nullptr}};
    row.update(more);
    return row;
}

json span_of(Spans &spans, const json &row)
{
    RowParser parser;

    return json::parse(spans.span(parser.parse(row.dump()),
                                  {.uid = {}, .observed_ns = 1'800'000'000'000'000'000, .with_args = false}));
}

json span_of(const json &row)
{
    Spans spans{parse_traceparent(parent_text)};
    return span_of(spans, row);
}

std::string attribute(const json &span, const std::string &key)
{
    for (const json &each : span["attributes"])
        if (each["key"] == key)
            return each["value"].value("stringValue", "");
    return "";
}

TEST(TraceParentText, IsThatOfTheStandard)
{
    const auto parent = parse_traceparent(parent_text);

    ASSERT_TRUE(parent);
    EXPECT_EQ(parent->trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(parent->span_id, "b7ad6b7169203331");
    EXPECT_TRUE(parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more"));
    for (const char *text : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                             "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                             "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        EXPECT_FALSE(parse_traceparent(text)) << text;
}

TEST(Span, HasIdsTimesAndName)
{
    const json span = span_of(row());

    EXPECT_EQ(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(span["spanId"], "00000000000000aa");
    EXPECT_EQ(span["parentSpanId"], "00000000000000bb");
    EXPECT_EQ(span["name"], "make");
    EXPECT_EQ(span["kind"], 1);
    EXPECT_EQ(span["startTimeUnixNano"], "1795341850500000000");
    EXPECT_EQ(span["endTimeUnixNano"], "1795341850500000250");
    EXPECT_FALSE(span.contains("status"));
    EXPECT_FALSE(span.contains("links"));
    EXPECT_EQ(attribute(span, "process.executable.path"), "/usr/bin/make");
}

TEST(Span, HasAStatusIfTheProgramFailed)
{
    EXPECT_EQ(span_of(row({{"exit_code", 3}}))["status"], (json{{"code", 2}, {"message", "exit code 3"}}));
    const json killed = span_of(row({{"exit_code", nullptr}, {"signal", "SIGKILL"}}));
    EXPECT_EQ(killed["status"], (json{{"code", 2}, {"message", "killed by SIGKILL"}}));
    EXPECT_EQ(attribute(killed, "error.type"), "SIGKILL");
}

TEST(Span, OfAFailedExecIsInTheProgramThatTried)
{
    const json span = span_of(row({{"errno", "ENOENT"}, {"duration_ns", nullptr}, {"exit_code", nullptr}}));

    EXPECT_EQ(span["parentSpanId"], "00000000000000aa");
    EXPECT_NE(span["spanId"], "00000000000000aa");
    EXPECT_EQ(span["startTimeUnixNano"], span["endTimeUnixNano"]);
    EXPECT_EQ(span["status"], (json{{"code", 2}, {"message", "ENOENT"}}));
    EXPECT_EQ(attribute(span, "error.type"), "ENOENT");
}

TEST(Span, OfARunningProgramEndsNow)
{
    const json span = span_of(row({{"duration_ns", nullptr}, {"exit_code", nullptr}}));

    EXPECT_EQ(span["endTimeUnixNano"], "1800000000000000000");
    EXPECT_FALSE(span.contains("status"));
}

TEST(Span, WithoutItsParentLinksToIt)
{
    const json orphan = row({{"parent_seen", false}});
    const json link = {{"traceId", "0af7651916cd43dd8448eb211c80319c"}, {"spanId", "00000000000000bb"}};

    EXPECT_EQ(span_of(orphan)["parentSpanId"], "b7ad6b7169203331"); // of TRACEPARENT
    EXPECT_EQ(span_of(orphan)["links"], json::array({link}));
    Spans spans{std::nullopt};
    const json span = span_of(spans, orphan);
    EXPECT_FALSE(span.contains("parentSpanId"));
    EXPECT_EQ(span["traceId"].get<std::string>().size(), 32u);
    EXPECT_EQ(span["traceId"], spans.trace_id());
    EXPECT_NE(Spans{std::nullopt}.trace_id(), spans.trace_id());
}

// `sh -c 'exec make'` is one tree.
TEST(Span, OfARootThatCallsExecAgainStaysInOneTree)
{
    Spans spans{std::nullopt};
    const json root = row({{"parent_seen", false}});
    json first = root, second = root, third = root, other = root;
    first.update({{"exec_id", "0000000000000001"}, {"exit_code", nullptr}});
    second.update({{"exec_id", "0000000000000002"}, {"exit_code", nullptr}});
    third.update({{"exec_id", "0000000000000003"}});
    other.update({{"exec_id", "0000000000000004"}});

    EXPECT_FALSE(span_of(spans, first).contains("parentSpanId"));
    EXPECT_EQ(span_of(spans, second)["parentSpanId"], "0000000000000001");
    EXPECT_EQ(span_of(spans, third)["parentSpanId"], "0000000000000002");
    EXPECT_FALSE(span_of(spans, other).contains("parentSpanId")); // another process with that pid
}

TEST(Span, RejectsOtherRows)
{
    const auto rejected = [](const json &row) {
        try {
            span_of(row);
        } catch (const InvalidRow &error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    json no_exit = row();
    no_exit.erase("duration_ns");

    EXPECT_EQ(rejected(row({{"event", "open"}})), "not a row of execsnoop --exit");
    EXPECT_EQ(rejected(no_exit), "not a row of execsnoop --exit");
    EXPECT_EQ(rejected(row({{"time", "today"}})), "no time");
    EXPECT_EQ(rejected(json{1}), "not a JSON object");
}

} // namespace
} // namespace snoop::snoop_export
