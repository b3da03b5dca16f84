// SPDX-License-Identifier: BSD-2-Clause
// Rows as log records: what becomes of each key, and that hostile input makes a valid record or is refused.
#include "snoop-export/log_record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace snoop::snoop_export {
namespace {

using nlohmann::json;

std::string text_of_record(std::string_view line, bool with_args = false)
{
    RowParser parser;

    return log_record(parser.parse(line), {.uid = "run-1", .observed_ns = 7, .with_args = with_args});
}

json record(std::string_view line, bool with_args = false) { return json::parse(text_of_record(line, with_args)); }

// Values by name. Names must be unique.
std::map<std::string, json> attributes(std::string_view line, bool with_args = false)
{
    std::map<std::string, json> found;

    const json whole = record(line, with_args);
    for (const json &attribute : whole["attributes"])
        EXPECT_TRUE(found.emplace(attribute["key"], attribute["value"]).second) << attribute["key"];
    return found;
}

json text(std::string_view value) { return {{"stringValue", value}}; }
json number(std::string_view value) { return {{"intValue", value}}; }

constexpr const char *exec_row =
    R"({"event":"exec","time":"2026-11-22T10:04:10.000000123Z","ts_ns":5,"comm":"sh","pid":12,"ppid":1,"tid":12,)"
    R"("process":"sh","uid":1000,"euid":0,"user":"alice","errno":null,"filename":"/usr/bin/run","interp":null,)"
    R"("resolved":null,"args":["run","--password=x"],"args_bytes":17,"cwd":"/tmp","cgroup":"/user.slice","env":{"A":"b","C":null}})";

TEST(LogRecord, HasTimesAndName)
{
    const json log = record(exec_row);

    EXPECT_EQ(log["timeUnixNano"], "1795341850000000123");
    EXPECT_EQ(log["observedTimeUnixNano"], "7");
    EXPECT_EQ(log["severityNumber"], 9);
    EXPECT_EQ(log["eventName"], "snoop.exec");
    EXPECT_EQ(log["body"], text("exec /usr/bin/run"));
}

TEST(LogRecord, FollowsConventions)
{
    auto found = attributes(exec_row);

    EXPECT_EQ(found["log.record.uid"], text("run-1"));
    EXPECT_EQ(found["process.executable.path"], text("/usr/bin/run"));
    EXPECT_EQ(found["process.executable.name"], text("run"));
    EXPECT_EQ(found["process.pid"], number("12"));
    EXPECT_EQ(found["process.parent_pid"], number("1"));
    EXPECT_EQ(found["process.owner"], text("alice"));
    EXPECT_EQ(found["process.real_user.id"], number("1000"));
    EXPECT_EQ(found["process.user.id"], number("0"));
    EXPECT_EQ(found["process.working_directory"], text("/tmp"));
    EXPECT_EQ(found["process.linux.cgroup"], text("0::/user.slice"));
    EXPECT_EQ(found["process.environment_variable.A"], text("b"));
    EXPECT_EQ(found["thread.name"], text("sh"));
    EXPECT_EQ(found["snoop.process"], text("sh"));
    EXPECT_EQ(found["snoop.args_bytes"], number("17"));
    for (const char *absent :
         {"error.type", "snoop.interp", "snoop.time", "snoop.event", "process.environment_variable.C"})
        EXPECT_FALSE(found.contains(absent)) << absent;
}

TEST(LogRecord, HasArgumentsOnlyIfAsked)
{
    EXPECT_EQ(text_of_record(exec_row).find("password"), std::string::npos);
    EXPECT_EQ(attributes(exec_row, true)["process.command_args"],
              json::parse(R"({"arrayValue":{"values":[{"stringValue":"run"},{"stringValue":"--password=x"}]}})"));
}

TEST(LogRecord, NamesTheInterpreterThatRuns)
{
    auto found = attributes(R"({"event":"exec","errno":null,"filename":"/x.sh","interp":"/bin/sh"})");

    EXPECT_EQ(found["process.executable.path"], text("/bin/sh"));
    EXPECT_EQ(found["snoop.filename"], text("/x.sh"));
}

TEST(LogRecord, NamesTheFileThatWasNotExecuted)
{
    auto found = attributes(R"({"event":"exec","errno":"ENOENT","filename":"/none","process":"sh"})");

    EXPECT_EQ(found["file.path"], text("/none"));
    EXPECT_EQ(found["error.type"], text("ENOENT"));
    EXPECT_EQ(found["process.executable.name"], text("sh"));
    EXPECT_FALSE(found.contains("process.executable.path"));
}

TEST(LogRecord, NamesTheFileThatWasOpened)
{
    const char *line = R"({"event":"open","path":"x","resolved":"/etc/x","ino":18446744073709551615,"process":"cat",)"
                       R"("errno":"EACCES","runtime":"podman","pod_uid":"p","flags":["O_RDONLY"]})";
    auto found = attributes(line);

    EXPECT_EQ(record(line)["body"], text("open /etc/x EACCES"));
    EXPECT_EQ(found["file.path"], text("/etc/x"));
    EXPECT_EQ(found["snoop.path"], text("x"));
    EXPECT_EQ(found["file.inode"], text("18446744073709551615"));
    EXPECT_EQ(found["process.executable.name"], text("cat"));
    EXPECT_EQ(found["snoop.pod_uid"], text("p")); // not one of Kubernetes
    EXPECT_EQ(found["snoop.flags"], json::parse(R"({"arrayValue":{"values":[{"stringValue":"O_RDONLY"}]}})"));
}

TEST(LogRecord, WritesNumbersAsProto3Does)
{
    auto found =
        attributes(R"({"a":9223372036854775807,"b":9223372036854775808,"c":-9223372036854775808,"d":0.5,"e":true,)"
                   R"("f":{"g":null,"h":[1,null]}})");

    EXPECT_EQ(found["snoop.a"], number("9223372036854775807"));
    EXPECT_EQ(found["snoop.b"], text("9223372036854775808")); // not a signed integer
    EXPECT_EQ(found["snoop.c"], number("-9223372036854775808"));
    EXPECT_EQ(found["snoop.d"], json::parse(R"({"doubleValue":0.5})"));
    EXPECT_EQ(found["snoop.e"], json::parse(R"({"boolValue":true})"));
    EXPECT_EQ(
        found["snoop.f"],
        json::parse(
            R"({"kvlistValue":{"values":[{"key":"h","value":{"arrayValue":{"values":[{"intValue":"1"},{}]}}}]}})"));
}

TEST(LogRecord, IsValidWhateverTheBytes)
{
    EXPECT_EQ(attributes("{\"comm\":\"\xff\\\"\\n\",\"\xfe\":1}")["thread.name"], text("\uFFFD\"\n"));
    EXPECT_EQ(attributes("{\"a\xc3\x28\":\"\\u0000\"}")["snoop.a\uFFFD("], text(std::string_view{"\0", 1}));
}

TEST(LogRecord, RefusesWhatIsNoRow)
{
    for (const char *line :
         {"x", "{", "[]", "1", "null", "{\"a\":1}{}", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}", "\"\xff\""})
        EXPECT_THROW(text_of_record(line), InvalidRow) << line;
}

TEST(LogRecord, RefusesDeepRows)
{
    const auto nested = [](std::size_t depth) {
        return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };

    EXPECT_NO_THROW(text_of_record(nested(16)));
    EXPECT_THROW(text_of_record(nested(17)), InvalidRow);
    EXPECT_THROW(text_of_record(nested(1'000'000)), InvalidRow);
}

TEST(LogRecord, ReadsTimes)
{
    EXPECT_EQ(time_ns("1970-01-01T00:00:01Z"), 1'000'000'000U);
    EXPECT_EQ(time_ns("1970-01-01T00:00:00.5Z"), 500'000'000U);
    EXPECT_EQ(time_ns("2024-02-29T23:59:59.999999999Z"), 1'709'251'199'999'999'999U);
    for (const char *wrong : {"", "2023-02-29T00:00:00Z", "2026-11-22 10:04:10Z", "2026-11-22T10:04:10",
                              "2026-11-22T10:04:10.Z", "2026-11-22T24:04:10Z", "9999-11-22T10:04:10Z",
                              "2026-11-22T10:04:10.1234567890Z", "2026-1-022T10:04:10Z", "2026-11-22T10:04:-1Z"})
        EXPECT_EQ(time_ns(wrong), 0U) << wrong;
}

} // namespace
} // namespace snoop::snoop_export
