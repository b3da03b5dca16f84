// SPDX-License-Identifier: BSD-2-Clause
// Header, rows and JSON from one list of columns.
#include "base/error.hpp"
#include "table/columns.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

// A tool's own type of value: found by its namespace.
namespace my_tool {

struct Mode {
    unsigned bits;
};
void put_text(snoop::Buffer &out, Mode mode, snoop::Spaces)
{
    fmt::format_to(std::back_inserter(out), "{:04o}", mode.bits);
}
void put_json(snoop::JsonWriter &json, Mode mode) { json.begin_object().key("bits").value(mode.bits).end_object(); }
constexpr snoop::JsonType json_type_of(std::type_identity<Mode>) { return {{"object"}}; }

} // namespace my_tool

namespace {

using namespace snoop;

struct Row {
    int pid = 1;
    std::string comm = "ls";
    std::optional<int> err{};
    std::string path = "/";
    my_tool::Mode mode{0644};
    std::optional<my_tool::Mode> old_mode{};
    bool is_new = true;
};

std::string text(const Columns<Row> &columns, const Row &row)
{
    Buffer out;
    columns.put_row(out, row);
    return {out.data(), out.size()};
}
std::string header(const Columns<Row> &columns)
{
    Buffer out;
    columns.put_header(out);
    return {out.data(), out.size()};
}
std::string json(const Columns<Row> &columns, const Row &row)
{
    Buffer out;
    columns.put_json_row(out, row);
    return {out.data(), out.size()};
}

const Columns<Row> columns{{
    {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.pid; }},
    json_only<Row>("tid", "Thread id.", [](const Row &r) { return r.pid + 1; }),
    {"COMM", 8, Align::left, "comm", "Name of the thread.", [](const Row &r) { return std::string_view{r.comm}; }},
    {"ERR", 4, Align::right, "err", "Error number; null without an error.", [](const Row &r) { return r.err; }},
    text_only<Row>("NEW", 4, Align::left, [](const Row &r) { return r.is_new; }),
    {"PATH", 10, Align::left, "path", "Path of the file.", [](const Row &r) { return std::string_view{r.path}; }},
    json_only<Row>("new", "Whether the file was created.", [](const Row &r) { return r.is_new; }),
}};

TEST(Columns, HeaderRowAndJsonFromOneList)
{
    const Row row{42, "cat", 2, "/etc/passwd"};

    EXPECT_EQ(header(columns), "PID     COMM      ERR NEW  PATH\n");
    EXPECT_EQ(text(columns, row), "42      cat         2 yes  /etc/passwd\n");
    EXPECT_EQ(json(columns, row), R"({"pid":42,"tid":43,"comm":"cat","err":2,"path":"/etc/passwd","new":true})"
                                  "\n");
}

std::string csv(const Columns<Row> &some, const Row &row)
{
    Buffer out;
    some.put_csv_row(out, row);
    return {out.data(), out.size()};
}

TEST(Columns, SelectChoosesAndOrders)
{
    const Row row{42, "a b", {}, "/x y"};

    const auto some = columns.select({"path", "pid", "comm"}, true);
    EXPECT_EQ(header(some), "PATH       PID     COMM\n");
    EXPECT_EQ(text(some, row), "/x\\x20y    42      a b\n"); // a space may be in the last column alone
    EXPECT_EQ(json(columns.select({"path", "pid"}, false), row), "{\"path\":\"/x y\",\"pid\":42}\n");
    EXPECT_EQ(csv(columns.select({"path", "pid"}, false), row), "/x y,42\n");
}

TEST(Columns, SelectMakesColumnsOfKeys)
{
    const auto some = columns.select({"tid", "err", "new"}, true);
    EXPECT_EQ(header(some), "TID         ERR NEW\n");
    EXPECT_EQ(text(some, {42}), "43            - yes\n");
    // In JSON, "new" is the key.
    EXPECT_EQ(json(columns.select({"new"}, false), {42}), "{\"new\":true}\n");
}

TEST(Columns, SelectRefusesUnknownNames)
{
    for (const char *name : {"nope", "", "PID", "pid "}) {
        try {
            static_cast<void>(columns.select({"pid", name}, true));
            ADD_FAILURE() << name;
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            EXPECT_EQ(error.what(), fmt::format("--fields: there is no column or key '{}': choose from pid, tid, comm, "
                                                "err, new, path",
                                                name));
        }
    }
}

TEST(Columns, SelectTakesEachNameOnce)
{
    EXPECT_THROW(static_cast<void>(columns.select({"pid", "comm", "pid"}, true)), Error);
    EXPECT_THROW(static_cast<void>(columns.select({"pid", "pid"}, false)), Error);
}

TEST(Columns, CsvQuotesWhatNeedsIt)
{
    Buffer titles;
    columns.put_csv_header(titles);
    EXPECT_EQ(fmt::to_string(titles), "pid,tid,comm,err,path,new\n");
    EXPECT_EQ(csv(columns, {1, "a,b", {}, "say \"x\""}), "1,2,\"a,b\",,\"say \"\"x\"\"\",true\n");
    // A row is always one line of UTF-8: what JSON escapes stays escaped, and what it replaces is replaced.
    EXPECT_EQ(csv(columns, {1, "a\xff\r", {}, "/"}), "1,2,a\xef\xbf\xbd\\r,,/,true\n");
    EXPECT_EQ(csv(columns, {1, "a\nb", 5, "\\\"\x1b"}), "1,2,a\\nb,5,\"\\\\\"\"\\u001b\",true\n");
}

TEST(Columns, MissingValueIsDashAndNull)
{
    EXPECT_EQ(text(columns, {}), "1       ls          - yes  /\n");
    EXPECT_EQ(nlohmann::json::parse(json(columns, {}))["err"], nullptr);
}

TEST(Columns, LongCellKeepsASpace)
{
    EXPECT_EQ(text(columns, {123456789, "a-very-long-name", 1234567, "/"}),
              "123456789 a-very-long-name 1234567 yes  /\n");
    EXPECT_EQ(text(columns, {1234567, "12345678", 1234, "/"}), "1234567 12345678 1234 yes  /\n");
}

TEST(Columns, EscapesSpacesExceptInTheLastColumn)
{
    EXPECT_EQ(text(columns, {1, "a b", {}, "/x y"}), "1       a\\x20b      - yes  /x y\n");
    EXPECT_EQ(nlohmann::json::parse(json(columns, {1, "a b", {}, "/x y"}))["comm"], "a b");
}

TEST(Columns, NoValueBreaksTheLine)
{
    const Row evil{1, "a\nb", {}, "/\n1 root\x1b[2J\xff"};
    EXPECT_EQ(text(columns, evil), "1       a\\nb        - yes  /\\n1 root\\x1b[2J\\xff\n");
    EXPECT_EQ(nlohmann::json::parse(json(columns, evil))["path"], "/\n1 root\x1b[2J\ufffd");
}

TEST(Columns, WidthIsCountedInCharacters)
{
    EXPECT_EQ(text(columns, {1, "\u00e4\u00f6\u20ac", {}, "/"}), "1       \u00e4\u00f6\u20ac         - yes  /\n");
}

TEST(Columns, LastColumnIsPaddedOnlyIfRightAligned)
{
    const Columns<Row> right{{{"A", 3, Align::left, "a", "A number.", [](const Row &r) { return r.pid; }},
                              {"B", 5, Align::right, "b", "A number.", [](const Row &r) { return r.pid; }}}};
    EXPECT_EQ(header(right), "A       B\n");
    EXPECT_EQ(text(right, {}), "1       1\n");
}

TEST(Columns, JsonOnlyColumnsAfterTheLastTextColumn)
{
    const Columns<Row> some{
        {json_only<Row>("x", "Zero.", [](const Row &) { return 0; }),
         {"COMM", 9, Align::left, "comm", "Name of the thread.", [](const Row &r) { return std::string_view{r.comm}; }},
         json_only<Row>("y", "A letter.", [](const Row &) { return "z"; })}};
    EXPECT_EQ(header(some), "COMM\n");
    EXPECT_EQ(text(some, {1, "a b"}), "a b\n");
    EXPECT_EQ(json(some, {}), "{\"x\":0,\"comm\":\"ls\",\"y\":\"z\"}\n");
}

TEST(Columns, CustomType)
{
    const Columns<Row> own{{{"MODE", 6, Align::right, "mode", "Mode of the file.", [](const Row &r) { return r.mode; }},
                            {"OLD", 5, Align::left, "old", "Mode before the call; null if it was not read.",
                             [](const Row &r) { return r.old_mode; }}}};
    Row row;

    EXPECT_EQ(text(own, row), "  0644 -\n");
    EXPECT_EQ(json(own, row), "{\"mode\":{\"bits\":420},\"old\":null}\n");
    row.old_mode = my_tool::Mode{07};
    EXPECT_EQ(text(own, row), "  0644 0007\n");
    EXPECT_EQ(json(own, row), "{\"mode\":{\"bits\":420},\"old\":{\"bits\":7}}\n");
}

TEST(Columns, NumbersOfEverySize)
{
    const Columns<Row> numbers{
        {text_only<Row>("A", 0, Align::left, [](const Row &) { return std::numeric_limits<std::int64_t>::min(); }),
         text_only<Row>("B", 0, Align::left, [](const Row &) { return std::numeric_limits<std::uint64_t>::max(); }),
         text_only<Row>("C", 0, Align::left, [](const Row &) { return std::numeric_limits<std::uint8_t>::max(); })}};
    EXPECT_EQ(text(numbers, {}), "-9223372036854775808 18446744073709551615 255\n");
}

TEST(Columns, SeveralRows)
{
    Buffer out;
    columns.put_header(out);
    columns.put_row(out, {1, "a", {}, "/a"});
    columns.put_row(out, {2, "b", {}, "/b"});
    EXPECT_EQ(std::string_view(out.data(), out.size()), "PID     COMM      ERR NEW  PATH\n"
                                                        "1       a           - yes  /a\n"
                                                        "2       b           - yes  /b\n");
}

TEST(Align, PadsFromAPosition)
{
    Buffer out;
    append(out, "head:");
    append(out, "x");
    align(out, 5, 4, Align::right);
    append(out, "|");
    const std::size_t from = out.size();
    append(out, "\u20ac");
    align(out, from, 3, Align::left);
    append(out, "|");
    align(out, out.size(), 2, Align::left);
    EXPECT_EQ(std::string_view(out.data(), out.size()), "head:   x|\u20ac  |  ");
}

} // namespace
