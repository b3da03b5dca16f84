// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: arguments of each kind, strings, and the sites of a probe.
#include "accounting.hpp"
#include "attach/uprobe.hpp"
#include "kernel/system.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// The program at fixed addresses and the one that is loaded anywhere.
class UsdtTarget : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    [[nodiscard]] std::string probe(const std::string &name) const { return path + ":snooptest:" + name; }
    [[nodiscard]] Ended run_it(Args args) const
    {
        args.insert(args.begin(), "target");
        return run({.path = path, .argv = args});
    }
    // The rows of a run of the program, with its probe of the same name.
    std::vector<Json> rows_of(const std::string &name, Args options = {})
    {
        options.insert(options.end(), {"-o", "json", probe(name), "--", path, name});
        ToolRun tool{"usdtsnoop", options};
        EXPECT_EQ(tool.wait(), 0) << tool.err();
        accounting = expect_balance(tool.err());
        EXPECT_EQ(accounting["lost"], 0u) << tool.err();
        std::vector<Json> rows;
        for (const auto &line : tool.lines())
            (line.starts_with('{') ? rows : said).push_back(line.starts_with('{') ? parse_json(line) : Json(line));
        return rows;
    }

    TempDir dir;
    const std::string path = target(dir, GetParam());
    std::vector<Json> said; // lines of the program's own
    std::map<std::string, std::uint64_t> accounting;
};

INSTANTIATE_TEST_SUITE_P(, UsdtTarget, testing::Values("usdt_target", "usdt_target_fixed"),
                         [](const auto &name) { return name.param; });

TEST_P(UsdtTarget, EveryType)
{
    const auto rows = rows_of("types");

    ASSERT_THAT(rows, SizeIs(1));
    ASSERT_THAT(said, SizeIs(1));
    const Json &row = rows[0];
    EXPECT_EQ(row["types"], parse_json(R"(["s8","u8","s16","u16","s32","u32","s64","u64","f32","f64","u64","s32"])"));
    EXPECT_EQ(row["args"], (Json{-128, 255, -32768, 65535, INT32_MIN, UINT32_MAX, INT64_MIN, UINT64_MAX, 0.1, -2.5e-300,
                                 std::stoull(said[0].get<std::string>()), -42}))
        << row;
    EXPECT_EQ(row["binary"], path);
    EXPECT_EQ(row["provider"], "snooptest");
    EXPECT_EQ(row["name"], "types");
    EXPECT_EQ(row["truncated"], false);
    EXPECT_EQ(row["faulted"], false);
    EXPECT_EQ(row["abi"], 64);
}

TEST_P(UsdtTarget, TheSameAsText)
{
    ToolRun tool{"usdtsnoop", {probe("types"), "--", path, "types"}};

    EXPECT_EQ(tool.wait(), 0);
    ASSERT_THAT(tool.lines(), SizeIs(3)) << tool.out();
    std::string address;
    for (const auto &line : tool.lines())
        if (line.find_first_not_of("0123456789") == line.npos)
            address = line;
    const std::uint64_t number = std::stoull(address);
    const auto row = tool.line_with("snooptest:types");
    EXPECT_EQ(row.substr(row.find("snooptest:")),
              fmt::format("{:<28} -128 255 -32768 65535 -2147483648 4294967295 -9223372036854775808 "
                          "0xffffffffffffffff 0.1 -2.5e-300 {} -42",
                          "snooptest:types", number >> 32 ? fmt::format("{:#x}", number) : fmt::format("{}", number)));
}

TEST_P(UsdtTarget, Strings)
{
    const auto rows = rows_of("strings", {"-s", "1,2,3", "--string", "4", "-s", "5"});

    ASSERT_THAT(rows, SizeIs(1));
    const Json &row = rows[0];
    EXPECT_EQ(row["args"], (Json{"say \"hi\"\n", "", std::string(256, 'x'), nullptr, "end", 7}));
    EXPECT_EQ(row["types"], (Json{"str", "str", "str", "str", "str", "s32"}));
    EXPECT_EQ(row["truncated"], true);
    EXPECT_EQ(row["faulted"], true);
    EXPECT_EQ(accounting["truncated"], 1u);
    EXPECT_EQ(accounting["faulted"], 1u);
}

TEST_P(UsdtTarget, StringsAsText)
{
    ToolRun tool{"usdtsnoop", {"-s", "1,2,3,4,5", "--string-size", "3", probe("strings"), "--", path, "strings"}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.line_with("snooptest:strings"), HasSubstr(R"( "say"... "" "xxx"... <fault> "end" 7)"));
}

TEST_P(UsdtTarget, LongStrings)
{
    const auto rows = rows_of("strings", {"-s", "1,3", "--string-size", "4K"});

    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0]["args"][0], "say \"hi\"\n");
    EXPECT_EQ(rows[0]["args"][2], std::string(4096, 'x'));
    EXPECT_EQ(rows[0]["truncated"], true);
    // A string that is as long as what is kept is whole.
    const auto whole = rows_of("strings", {"-s", "1", "--string-size", "9"});
    ASSERT_THAT(whole, SizeIs(1));
    EXPECT_EQ(whole[0]["args"][0], "say \"hi\"\n");
    EXPECT_EQ(whole[0]["truncated"], false);
}

// Page faults load what the program has not touched yet: a string that begins on one page and ends on the third, and
// a short one.
TEST_P(UsdtTarget, StringsThatAreNotResident)
{
    const auto rows = rows_of("absent", {"-s", "1,2", "--string-size", "4K"});

    ASSERT_THAT(rows, SizeIs(1));
    const Json &args = rows[0]["args"];
    if (!has_sleepable_uprobes()) {
        EXPECT_EQ(args, (Json{nullptr, nullptr}));
        return;
    }
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    EXPECT_EQ(args[0], std::string(std::min<std::size_t>(page + 2, 4096), 'y'));
    EXPECT_EQ(args[1], "short");
    EXPECT_EQ(rows[0]["faulted"], false);
}

// Also in a cgroup below the one that is named.
TEST_P(UsdtTarget, StringsThatAreNotResidentInACgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup above, inside{&above}, other;
    for (const Cgroup *filter : {&above, &inside, &other}) {
        ToolRun tool{"usdtsnoop", {"-o", "json", "-s", "1,2", "--cgroup", filter->path(), probe("absent")}};
        EXPECT_EQ(in_child([&] {
                      inside.enter();
                      execl(path.c_str(), "target", "absent", nullptr);
                  }).status,
                  0);
        EXPECT_EQ(tool.stop(), 0);
        const auto rows = tool.rows();
        if (filter == &other) {
            EXPECT_THAT(rows, SizeIs(0));
            continue;
        }
        ASSERT_THAT(rows, SizeIs(1)) << tool.err();
        EXPECT_EQ(rows[0]["args"][1], has_sleepable_uprobes() ? Json("short") : Json(nullptr));
        EXPECT_EQ(rows[0]["faulted"], !has_sleepable_uprobes());
    }
}

// The compiler takes them from memory by the variable's name, which only the file's symbols
// explain; it must be so, or this tests nothing.
TEST_P(UsdtTarget, AVariableByItsName)
{
#if defined(__x86_64__)
    EXPECT_THAT(run_tool("usdtsnoop", {"-o", "json", "--list", path}).out, HasSubstr("(%rip)"));
#endif
    const auto rows = rows_of("table");

    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0]["args"], (Json{-11, -13}));
}

TEST_P(UsdtTarget, EachPlaceOfAProbe)
{
    const auto rows = rows_of("twice");

    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0]["args"], Json::array({1}));
    EXPECT_EQ(rows[1]["args"], Json::array({2}));
    EXPECT_NE(rows[0]["location"], rows[1]["location"]);
    std::vector<std::string> listed;
    for (const auto &line : run_tool("usdtsnoop", {"-o", "json", "--list", path}).lines())
        if (const Json probe = parse_json(line); probe["name"] == "twice")
            listed.push_back(probe["location"]);
    EXPECT_THAT(listed, ElementsAre(rows[0]["location"], rows[1]["location"]));
}

TEST_P(UsdtTarget, InAThread)
{
    ToolRun tool{"usdtsnoop", {"-o", "json", probe("thread"), "--", path, "threads"}};

    EXPECT_EQ(tool.wait(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.err();
    EXPECT_EQ(rows[0]["args"], Json::array({1}));
    EXPECT_EQ(rows[0]["comm"], "a thread");
    EXPECT_EQ(rows[0]["process"], std::string{GetParam()}.substr(0, 15));
    EXPECT_NE(rows[0]["tid"], rows[0]["pid"]);
    EXPECT_EQ(rows[0]["pid"], rows[1]["pid"]);
}

} // namespace
} // namespace snoop::test
