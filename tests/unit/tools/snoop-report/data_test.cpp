// SPDX-License-Identifier: BSD-2-Clause
// The data of a report, with each text in place of its number; and the page around it.
#include "snoop-report/data.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/summary.hpp"
#include "unit/forest.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_report {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json data_of(std::initializer_list<std::string_view> lines, std::string_view title = "title")
{
    Buffer out;

    write_data(forest_of(lines), title, out);
    return json::parse(std::string_view{out.data(), out.size()});
}

// A column of numbers as texts.
json texts(const json &data, const char *table, const char *column)
{
    json list = data[table][column];

    for (json &entry : list)
        if (entry.is_array())
            for (json &part : entry)
                part = data["strings"][part.get<std::size_t>()];
        else if (!entry.is_null())
            entry = data["strings"][entry.get<std::size_t>()];
    return list;
}

constexpr std::string_view make =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000001000Z","ts_ns":1000,"comm":"make","pid":10,"errno":null,)"
    R"("exec_id":"000000000000000a","parent_exec_id":"00000000000000ff","user":"ann","container_name":"web",)"
    R"("duration_ns":900400,"exit_code":2,"signal":null,"oom":false,"utime_ns":5499,"stime_ns":5500,"maxrss_kb":7,)"
    R"("read_bytes":8,"write_bytes":9,"filename":"/usr/bin/make","args":["make","<b>"],"truncated":false,"cwd":"/src"})";
constexpr std::string_view cc =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000002000Z","ts_ns":2600,"comm":"cc","pid":11,"errno":null,)"
    R"("exec_id":"8000000000000000","parent_exec_id":"000000000000000a","duration_ns":50000,"exit_code":null,)"
    R"("signal":"SIGKILL","killed_by":{"pid":0,"comm":"kernel"},"oom":true,"args":["cc",""],"truncated":true})";
constexpr std::string_view not_found =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000002000Z","ts_ns":2000,"comm":"make","pid":11,"errno":"ENOENT",)"
    R"("exec_id":"000000000000000a","filename":"/opt/cc","args":["/opt/cc"]})";
constexpr std::string_view missing =
    R"({"event":"open","time":"2026-01-02T03:04:05.000003000Z","ts_ns":3000,"pid":11,"comm":"cc",)"
    R"("exec_id":"8000000000000000","path":"x.h","resolved":null,"errno":"ENOENT"})";
constexpr std::string_view found =
    R"({"event":"open","time":"2026-01-02T03:04:05.000004000Z","ts_ns":4000,"pid":11,"comm":"cc",)"
    R"("exec_id":"8000000000000000","path":"x.h","resolved":"/src/x.h","errno":null})";
constexpr std::string_view of_another =
    R"({"event":"guard","time":"2026-01-02T03:04:05.000005000Z","ts_ns":5000,"pid":12,"comm":"cat","process":"cat",)"
    R"("exec_id":"0000000000000009","path":"/key","action":"deny","guard":"/key","op":"open"})";

TEST(Data, HasTheColumnsOfProcesses)
{
    const json data = data_of({cc, make});
    const json &processes = data["processes"];

    EXPECT_EQ(data["snoop_report"], 1);
    EXPECT_EQ(data["start"], "2026-01-02T03:04:05.000001000Z");
    EXPECT_EQ(processes["id"], json::parse(R"(["000000000000000a", "8000000000000000"])"));
    EXPECT_EQ(processes["parent"], json::parse("[null, 0]"));
    EXPECT_EQ(processes["pid"], json::parse("[10, 11]"));
    EXPECT_EQ(processes["start"], json::parse("[0, 2]"));
    EXPECT_EQ(processes["end"], json::parse("[900, 52]"));
    EXPECT_EQ(processes["code"], json::parse("[2, null]"));
    EXPECT_EQ(processes["cut"], json::parse("[null, 1]"));
    EXPECT_EQ(processes["oom"], json::parse("[null, 1]"));
    EXPECT_EQ(processes["utime"], json::parse("[5, null]"));
    EXPECT_EQ(processes["stime"], json::parse("[6, null]"));
    EXPECT_EQ(processes["rss"], json::parse("[7, null]"));
    EXPECT_EQ(processes["read"], json::parse("[8, null]"));
    EXPECT_EQ(processes["write"], json::parse("[9, null]"));
    EXPECT_EQ(texts(data, "processes", "comm"), json::parse(R"(["make", "cc"])"));
    EXPECT_EQ(texts(data, "processes", "file"), json::parse(R"(["/usr/bin/make", null])"));
    EXPECT_EQ(texts(data, "processes", "args"), json::parse(R"([["make", "<b>"], ["cc", ""]])"));
    EXPECT_EQ(texts(data, "processes", "cwd"), json::parse(R"(["/src", null])"));
    EXPECT_EQ(texts(data, "processes", "user"), json::parse(R"(["ann", null])"));
    EXPECT_EQ(texts(data, "processes", "container"), json::parse(R"(["web", null])"));
    EXPECT_EQ(texts(data, "processes", "signal"), json::parse(R"([null, "SIGKILL"])"));
    EXPECT_EQ(texts(data, "processes", "killer"), json::parse(R"([null, "kernel"])"));
}

TEST(Data, HasFailedExecsAndDecisions)
{
    const json data = data_of({make, not_found, of_another});

    EXPECT_EQ(data["execs"]["process"], json::parse("[0]"));
    EXPECT_EQ(data["execs"]["time"], json::parse("[1]"));
    EXPECT_EQ(texts(data, "execs", "args"), json::parse(R"([["/opt/cc"]])"));
    EXPECT_EQ(texts(data, "execs", "errno"), json::parse(R"(["ENOENT"])"));
    EXPECT_FALSE(data["execs"].contains("found")); // no value: left out
    EXPECT_EQ(data["guards"]["process"], json::parse("[1]"));
    EXPECT_EQ(texts(data, "guards", "path"), json::parse(R"(["/key"])"));
    EXPECT_EQ(texts(data, "guards", "action"), json::parse(R"(["deny"])"));
    EXPECT_EQ(texts(data, "processes", "args")[1], nullptr); // no exec of it was seen
}

TEST(Data, CountsOpensOfOneFileByOneProcess)
{
    const json data = data_of({make, cc, missing, missing, found});

    EXPECT_EQ(data["opens"]["process"], json::parse("[1, 1]"));
    EXPECT_EQ(data["opens"]["time"], json::parse("[2, 3]"));
    EXPECT_EQ(data["opens"]["count"], json::parse("[2, 1]"));
    EXPECT_EQ(texts(data, "opens", "path"), json::parse(R"(["x.h", "/src/x.h"])"));
    EXPECT_EQ(texts(data, "opens", "errno"), json::parse(R"(["ENOENT", null])"));
}

TEST(Data, HasEachTextOnce)
{
    std::vector<std::string> strings = data_of({make, cc, missing, found, not_found})["strings"];

    std::sort(strings.begin(), strings.end());
    EXPECT_EQ(std::adjacent_find(strings.begin(), strings.end()), strings.end());
}

TEST(Html, HasTheDataInItsPlaceWithoutTags)
{
    Buffer out;
    write_html(forest_of({make}), "</script>", out);
    const std::string_view page{out.data(), out.size()};
    const std::string_view begin = R"(<script type="application/json" id="data">)";
    const std::size_t at = page.find(begin) + begin.size();
    const std::string_view data = page.substr(at, page.find('<', at) - at);

    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_EQ(page.find("@DATA@"), page.npos);
    EXPECT_THAT(data, HasSubstr(R"("title":"\u003c/script>")"));
    EXPECT_EQ(json::parse(data)["title"], "</script>");
    EXPECT_EQ(page.substr(at + data.size(), 9), "</script>");
}

TEST(Summary, TitleIsTheCommandOrTheFiles)
{
    constexpr std::string_view env =
        R"({"event":"exec","time":"2026-01-02T03:04:05.000000500Z","ts_ns":500,"comm":"env","pid":10,"errno":null,)"
        R"("exec_id":"0000000000000008","duration_ns":500,"exit_code":null,"signal":null,"args":["env","make"]})";
    constexpr std::string_view tool =
        R"({"event":"exec","time":"2026-01-02T03:04:05.000000500Z","ts_ns":500,"comm":"opensnoop","pid":9,"errno":null,)"
        R"("exec_id":"00000000000000ff","exit_code":2,"signal":null,"args":["opensnoop","--","make"]})";

    EXPECT_EQ(title_of(forest_of({env, make}), {"make.rec"}), "make '<b>'"); // in the same process
    EXPECT_EQ(title_of(forest_of({tool, make}), {"make.rec"}), "make '<b>'");
    EXPECT_EQ(title_of(forest_of({make, cc}), {"/tmp/make.rec"}), "make '<b>'");
    EXPECT_EQ(title_of(forest_of({cc, of_another}), {"/tmp/a.rec", "-"}), "cc ''");
    EXPECT_EQ(title_of(forest_of({missing}), {"/tmp/a.rec", "-"}), "a.rec, standard input");
    EXPECT_EQ(title_of(forest_of({missing}), {"/tmp/good/"}), "good");
}

TEST(Summary, SaysWhatIsInTheReport)
{
    EXPECT_THAT(summary(forest_of({make, cc, not_found}), {}), ElementsAre("2 processes, 1 failed exec, 0 opens"));
    EXPECT_THAT(summary(forest_of({make, of_another}), {.rows = 2, .lost = 1}),
                ElementsAre("2 processes, 0 failed execs, 0 opens, 1 decision; 1 event lost while recording"));
    EXPECT_THAT(
        summary(forest_of({missing, missing}), {}),
        ElementsAre("no row of an exec was read: processes lack their commands; record with execsnoop --exit, too",
                    "1 process, 0 failed execs, 2 opens"));
}

TEST(Data, RowsWithoutATimeAreTheFirst)
{
    const json data = data_of({R"({"event":"open","ts_ns":null,"exec_id":"1","path":"/a"})",
                               R"({"event":"exec","ts_ns":5000,"exec_id":"1","args":[],"duration_ns":1000})",
                               R"({"event":"open","ts_ns":7000,"exec_id":"1","path":"/b"})"});

    EXPECT_EQ(data["opens"]["time"], (json{0, 2}));
}

} // namespace
} // namespace snoop::snoop_report
