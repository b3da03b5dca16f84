// SPDX-License-Identifier: BSD-2-Clause
// Trace events, and the lanes that programs are in.
#include "exec_rows.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace snoop::snoop_report {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json trace_of(const Forest &forest)
{
    Buffer out;

    write_chrome(forest, "make -j2", out);
    return json::parse(out.data(), out.data() + out.size());
}

json event_of(const json &trace, const std::string &name)
{
    for (const json &event : trace["traceEvents"])
        if (event["name"] == name)
            return event;
    return nullptr;
}

TEST(Chrome, AProgramIsACompleteEvent)
{
    const json trace = trace_of(small_build()), make = event_of(trace, "make"), cc = event_of(trace, "cc");

    EXPECT_EQ(make["ph"], "X");
    EXPECT_EQ(make["ts"], 0);
    EXPECT_EQ(make["dur"], 9000);
    EXPECT_EQ(make["cat"], "exec,failed");
    EXPECT_EQ(make["args"]["command"], "make -j2");
    EXPECT_EQ(make["args"]["status"], "exit 2");
    EXPECT_EQ(make["args"]["pid"], 10);
    EXPECT_FALSE(make["args"].contains("parent"));
    EXPECT_FALSE(make["args"].contains("user"));
    EXPECT_EQ(cc["ts"], 2000);
    EXPECT_EQ(cc["dur"], 4000);
    EXPECT_EQ(cc["cat"], "exec");
    EXPECT_EQ(cc["args"]["parent"], "make");
    EXPECT_EQ(cc["args"]["utime_ns"], 3'000'000);
}

TEST(Chrome, AnEndThatWasNotSeenIsThatOfTheRecording)
{
    const json ld = event_of(trace_of(small_build()), "ld");

    EXPECT_EQ(ld["ts"], 3000);
    EXPECT_EQ(ld["dur"], 6000);
    EXPECT_EQ(ld["args"]["status"], "end not seen");
    EXPECT_EQ(ld["args"]["command"], "ld 'a b'");
}

TEST(Chrome, AFailedExecIsAnInstantInTheLaneOfItsProgram)
{
    const json trace = trace_of(small_build()), failed = event_of(trace, "ENOENT: /usr/bin/as");

    EXPECT_EQ(failed["ph"], "i");
    EXPECT_EQ(failed["s"], "t");
    EXPECT_EQ(failed["ts"], 4000);
    EXPECT_EQ(failed["tid"], event_of(trace, "ld")["tid"]);
    EXPECT_EQ(failed["args"]["errno"], "ENOENT");
}

TEST(Chrome, LeavesOutASearchThatFoundItsProgram)
{
    const json trace =
        trace_of(forest_of({{.id = 1, .pid = 10, .file = "/a/ls", .args = {"ls"}, .begin_ns = 1, .error = "ENOENT"},
                            {.id = 2, .pid = 10, .file = "/b/ls", .args = {"ls"}, .begin_ns = 2, .ran_ns = 9'000}}));

    EXPECT_EQ(event_of(trace, "ENOENT: /a/ls"), nullptr);
    EXPECT_EQ(event_of(trace, "ls")["ph"], "X");
}

TEST(Chrome, NamesTheTraceAndItsLanes)
{
    const json trace = trace_of(small_build());

    EXPECT_EQ(event_of(trace, "process_name")["args"]["name"], "make -j2");
    EXPECT_EQ(event_of(trace, "thread_name")["args"]["name"], "lane 1");
    EXPECT_EQ(trace["otherData"]["begin"], "2026-01-02T03:04:05.000000000Z");
}

TEST(Chrome, CutsLongCommandLines)
{
    const std::string large(1 << 20, 'x');
    const json event = event_of(
        trace_of(forest_of({{.id = 1, .pid = 10, .file = "/bin/a", .args = {"a", large, "b"}, .ran_ns = 1}})), "a");
    const auto command = event["args"]["command"].get<std::string>();

    EXPECT_LT(command.size(), 4200U);
    EXPECT_TRUE(command.ends_with("x… …")) << command.substr(command.size() - 20);
}

TEST(Chrome, HostileNamesAreJson)
{
    const Forest forest =
        forest_of({{.id = 1, .pid = 10, .file = "/x/\"<script>\\\n\xff", .args = {"\x01"}, .ran_ns = 1}});

    EXPECT_EQ(trace_of(forest)["traceEvents"].back()["name"], "\"<script>\\\n\ufffd");
}

// Programs in a lane lie within each other: sh and then cc below make, and ld beside them.
TEST(Lanes, AProgramIsWithinTheOneThatStartedIt) { EXPECT_THAT(lanes_of(small_build()), ElementsAre(0, 0, 0, 1)); }

TEST(Lanes, OneThatOutlivesItsParentIsElsewhere)
{
    EXPECT_THAT(lanes_of(forest_of({{.id = 1, .pid = 10, .begin_ns = 0, .ran_ns = 10'000},
                                    {.id = 2, .parent = 1, .pid = 11, .begin_ns = 5'000, .ran_ns = 6'000},
                                    {.id = 3, .parent = 2, .pid = 12, .begin_ns = 6'000, .ran_ns = 2'000}})),
                ElementsAre(0, 1, 1));
}

TEST(Lanes, AFreeLaneIsUsedAgain)
{
    EXPECT_THAT(lanes_of(forest_of({{.id = 1, .pid = 10, .begin_ns = 0, .ran_ns = 10'000},
                                    {.id = 2, .pid = 11, .begin_ns = 5'000, .ran_ns = 1'000},
                                    {.id = 3, .pid = 12, .begin_ns = 6'000, .ran_ns = 9'000},
                                    {.id = 4, .pid = 13, .begin_ns = 11'000, .ran_ns = 1'000}})),
                ElementsAre(0, 1, 1, 0));
}

TEST(Lanes, AProcessThatCallsExecStaysInItsLane)
{
    EXPECT_THAT(lanes_of(forest_of({{.id = 1, .pid = 10, .begin_ns = 0, .ran_ns = 5'000},
                                    {.id = 2, .pid = 11, .begin_ns = 1'000, .ran_ns = 7'000},
                                    {.id = 3, .pid = 11, .begin_ns = 8'000, .ran_ns = 2'000, .exit_code = 0}})),
                ElementsAre(0, 1, 1));
}

} // namespace
} // namespace snoop::snoop_report
