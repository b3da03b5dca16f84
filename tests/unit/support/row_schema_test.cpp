// SPDX-License-Identifier: BSD-2-Clause
// The check of rows that all tests rely on: it accepts a valid row and refuses any other.
#include "row_schema.hpp"
#include "table/columns.hpp"
#include "table/json_schema.hpp"
#include "table/times.hpp"
#include "unit/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

namespace snoop::test {
namespace {

using testing::HasSubstr;

struct Row {
    WallTime time{};
    std::uint64_t size = UINT64_MAX;
    double rate = 0.5;
    bool is_cut = false;
    std::optional<std::int32_t> ret{};
    std::vector<std::string> args{};
};

const Columns<Row> columns{{json_only<Row>("event", "Kind.", [](const Row &) { return "call"; }),
                            json_only<Row>("time", "Time.", [](const Row &r) { return r.time; }),
                            json_only<Row>("size", "Size.", [](const Row &r) { return r.size; }),
                            json_only<Row>("rate", "Rate.", [](const Row &r) { return r.rate; }),
                            json_only<Row>("cut", "Cut.", [](const Row &r) { return r.is_cut; }),
                            json_only<Row>("ret", "Result.", [](const Row &r) { return r.ret; }),
                            json_only<Row>("args", "Arguments.", [](const Row &r) { return r.args; })}};

std::string schema_text()
{
    return json_schema("calls", {{"call", "A call.", columns.keys()},
                                 {"accounting",
                                  "The sum.",
                                  {{"event", "Kind.", &json_string},
                                   {"seen", "All.", &json_integer},
                                   {"gone", "Not always.", &json_integer, "with --gone"},
                                   {"lost_by", "Causes.", &json_object, {}, {{"missed", "Missed.", &json_integer}}}}}});
}

std::string error_of(std::string_view line) { return RowSchema{schema_text()}.error(line); }

// The key of which the error speaks first; valijson 1.1 quotes its names.
auto Blames(const std::string &key)
{
    const auto unquoted = [](std::string text) {
        std::erase(text, '"');
        return text;
    };

    return testing::ResultOf(unquoted, HasSubstr(key + ": "));
}

// The valid row, with one part of it replaced.
std::string row_with(std::string_view part = "", std::string_view other = "")
{
    std::string row = R"({"event":"call","time":"2026-11-22T10:04:10.123456789Z","size":7,"rate":1.5,"cut":true,)"
                      R"("ret":null,"args":["a"]})";
    row.replace(row.find(part), part.size(), other);
    return row;
}

TEST(RowSchema, AcceptsWhatTheColumnsPrint)
{
    for (const Row &row : {Row{}, Row{{1'795'341'850'000'000'001}, 0, 3, true, -2, {"a", ""}}}) {
        Buffer out;
        columns.put_json_row(out, row);
        EXPECT_EQ(error_of({out.data(), out.size() - 1}), "");
    }
    EXPECT_EQ(error_of(row_with()), "");
    EXPECT_EQ(error_of(R"({"event":"accounting","seen":1,"lost_by":{"missed":0}})"), "");
    EXPECT_EQ(error_of(R"({"event":"accounting","seen":1,"gone":1,"lost_by":{"missed":0}})"), "");
}

TEST(RowSchema, RefusesAWrongType)
{
    EXPECT_THAT(error_of(row_with(":7,", ":\"7\",")), Blames("[size]"));
    EXPECT_THAT(error_of(row_with(":7,", ":7.5,")), Blames("[size]"));
    EXPECT_THAT(error_of(row_with(":7,", ":null,")), Blames("[size]"));
    EXPECT_THAT(error_of(row_with("1.5", "\"1.5\"")), Blames("[rate]"));
    EXPECT_THAT(error_of(row_with("true", "1")), Blames("[cut]"));
    EXPECT_THAT(error_of(row_with("null", "false")), Blames("[ret]"));
    EXPECT_THAT(error_of(row_with("[\"a\"]", "\"a\"")), Blames("[args]"));
    EXPECT_THAT(error_of(row_with("\"a\"", "1")), Blames("[args][0]"));
    EXPECT_THAT(error_of(row_with("2026-11-22T10", "2026-11-22 10")), Blames("[time]"));
    EXPECT_THAT(error_of(R"({"event":"accounting","seen":1,"lost_by":{"missed":"0"}})"), Blames("[lost_by][missed]"));
}

TEST(RowSchema, RefusesAnUnknownKey)
{
    EXPECT_THAT(error_of(row_with("\"cut\"", "\"more\":1,\"cut\"")), HasSubstr("'more'"));
    EXPECT_THAT(error_of(R"({"event":"accounting","seen":1,"lost_by":{"missed":0,"more":1}})"), HasSubstr("'more'"));
}

TEST(RowSchema, RefusesAMissingKey)
{
    EXPECT_THAT(error_of(row_with("\"rate\":1.5,", "")), HasSubstr("'rate'"));
    EXPECT_THAT(error_of(row_with("\"event\":\"call\",", "")), HasSubstr("'event'"));
    EXPECT_THAT(error_of(R"({"event":"accounting","seen":1,"lost_by":{}})"), HasSubstr("'missed'"));
}

TEST(RowSchema, RefusesAnotherKindAndBrokenLines)
{
    EXPECT_THAT(error_of(row_with("\"call\"", "\"calls\"")), Blames("[event]"));
    EXPECT_THAT(error_of("[]"), HasSubstr("not a row"));
    EXPECT_EQ(error_of("{\"event\":"), "not JSON");
    EXPECT_EQ(error_of(""), "not JSON");
}

// A program that only prints the schema, as a tool does.
class ExpectValidRows : public testing::Test {
protected:
    ExpectValidRows()
    {
        write_file(dir_ / "schema", schema_text());
        write_file(program_,
                   fmt::format("#!/bin/sh\n[ \"$*\" = '--generate json' ] && exec /bin/cat '{}'\n", dir_ / "schema"));
        std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
    }

    void expect_valid(const std::vector<std::string> &args, const std::string &out, const std::string &err = "") const
    {
        expect_valid_rows({program_, args, out, err});
    }

    TempDir dir_;
    std::string program_ = dir_ / "calls";
    std::string good_ = row_with() + "\n", bad_ = row_with(":7,", ":null,") + "\n";
    std::string sum_ = R"({"event":"accounting","seen":1,"lost_by":{"missed":0}})"
                       "\n",
                bad_sum_ = R"({"event":"accounting","seen":1})"
                           "\n";
};

TEST_F(ExpectValidRows, ReadsEveryLine)
{
    expect_valid({"-o", "json"}, good_ + good_, "calls: tracing\n" + sum_);
    expect_valid({"-o", "json"}, "", "calls: invalid size\n");
    EXPECT_NONFATAL_FAILURE(expect_valid({"-o", "json"}, good_ + bad_), bad_);
    EXPECT_NONFATAL_FAILURE(expect_valid({"--output", "json"}, bad_), bad_);
    EXPECT_NONFATAL_FAILURE(expect_valid({"-x", "-ojson"}, bad_), bad_);
    EXPECT_NONFATAL_FAILURE(expect_valid({"--output=json"}, bad_), bad_);
    EXPECT_NONFATAL_FAILURE(expect_valid({"-o", "json"}, good_ + "PID COMM\n"), "PID COMM");
    EXPECT_NONFATAL_FAILURE(expect_valid({"-o", "json"}, "\n"), "not JSON");
    EXPECT_NONFATAL_FAILURE(expect_valid({"-o", "json"}, good_, "calls: tracing\n" + bad_sum_), bad_sum_);
}

TEST_F(ExpectValidRows, AnythingGoesInText)
{
    expect_valid({}, "PID COMM\n" + bad_);
    expect_valid({"-o", "text"}, bad_);
    expect_valid({"-o", "json", "--help"}, "Usage: calls\n");
    expect_valid({"--", "jq", "-o", "json"}, bad_);
}

TEST_F(ExpectValidRows, ACommandMayPrintAnything)
{
    expect_valid({"-o", "json", "--", "echo"}, "hello\n" + good_ + "{}\n");
    EXPECT_NONFATAL_FAILURE(expect_valid({"-o", "json", "--", "echo"}, "hello\n" + bad_), bad_);
}

TEST_F(ExpectValidRows, IgnoresACutLine) { expect_valid({"-o", "json"}, good_ + good_.substr(0, 20)); }

} // namespace
} // namespace snoop::test
