// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: which probes it shows, of which files, and those of the C++ library.
#include "accounting.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include "kernel/features.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(Usdtsnoop, OneOrSeveralOrAll)
{
    EXPECT_THAT(shown_of({path + ":snooptest:mark"}), ElementsAre("mark"));
    EXPECT_THAT(shown_of({path + ":snooptest:t*"}), ElementsAre("table", "twice", "twice"));
    EXPECT_THAT(shown_of({path + ":*:[mt]a*"}), ElementsAre("mark", "table"));
    EXPECT_THAT(shown_of({path + ":snooptest:table", path + ":snooptest:mark"}), ElementsAre("mark", "table"));
    // One that is meant twice shows once.
    EXPECT_THAT(shown_of({path + ":snooptest:mark", path + ":*:m*"}), ElementsAre("mark"));
}

TEST_F(Usdtsnoop, ProbesAtOneAddress)
{
    const std::string notes = target(dir, "usdt_notes");
    ToolRun tool{"usdtsnoop", {"-o", "json", notes + ":snooptest:o*", "--", notes}};

    EXPECT_EQ(tool.wait(), 0);
    std::vector<std::string> names;
    for (const Json &row : tool.rows())
        names.push_back(row["name"]);
    if (kernel::has_cookies()) {
        EXPECT_THAT(names, testing::UnorderedElementsAre("one", "other"));
    } else {
        EXPECT_THAT(names, ElementsAre("one"));
        EXPECT_THAT(tool.err(), HasSubstr("not showing snooptest:other: it is at the same address"));
    }
}

TEST_F(Usdtsnoop, ProbesWithoutCode)
{
    const std::string notes = target(dir, "usdt_notes");
    const std::string line = "skipped a probe without code, which the linker has removed: snooptest:dead";
    ToolRun tool{"usdtsnoop", {"-o", "json", notes + ":snooptest:*[de]", "--", notes}}; // one, dead

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.err(), HasSubstr(line));
    ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.err();
    EXPECT_EQ(tool.rows()[0]["name"], "one");
    const Outcome listed = run_tool("usdtsnoop", {"--list", notes});
    EXPECT_EQ(listed.code, 0);
    EXPECT_THAT(listed.out, testing::Not(HasSubstr("dead")));
    EXPECT_THAT(listed.err, HasSubstr(line));
    const Outcome dead = run_tool("usdtsnoop", {notes + ":snooptest:dead"});
    EXPECT_EQ(dead.code, 2);
    EXPECT_THAT(dead.err, HasSubstr(line));
}

#if defined(__x86_64__)
// The kernel takes no probe at an instruction with a lock prefix.
TEST_F(Usdtsnoop, NamesThoseThatTakeNoProbe)
{
    const std::string notes = target(dir, "usdt_notes"), at = "the kernel refuses the uprobe at snooptest:locked: ";
    const Outcome alone = run_tool("usdtsnoop", {notes + ":snooptest:locked", "--", notes});
    EXPECT_EQ(alone.code, 3);
    EXPECT_THAT(alone.err, HasSubstr(at));

    ToolRun tool{"usdtsnoop", {"-o", "json", notes + ":snooptest:*", "--", notes}};
    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("not showing a probe: " + at));
    ASSERT_THAT(tool.rows(), SizeIs(kernel::has_cookies() ? 2 : 1)) << tool.err();
    for (const Json &row : tool.rows())
        EXPECT_THAT(row["name"].get<std::string>(), testing::AnyOf("one", "other"));
}
#endif

// On kernels without cookies a place is known by its offset in its file alone.
TEST_F(Usdtsnoop, SeveralFiles)
{
    const std::string other = target(dir, "usdt_guarded");
    ToolRun tool{"usdtsnoop", {"-o", "json", path + ":snooptest:table", other + ":snooptest:guarded"}};

    EXPECT_EQ(run({.path = path, .argv = {"target", "table"}}).status, 0);
    const std::string script = "echo | \"$0\"";
    EXPECT_EQ(run({.path = "/bin/sh", .argv = {"sh", "-c", script, other}}).status, 0);
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    EXPECT_EQ(rows[0]["binary"], path);
    EXPECT_EQ(rows[0]["name"], "table");
    EXPECT_EQ(rows[1]["binary"], other);
    EXPECT_EQ(rows[1]["name"], "guarded");
}

TEST_F(Usdtsnoop, TwoFilesWithTheSameOffsets)
{
    const std::string copy = dir.file("copy", read_file(path), 0755);
    const Args args{"-o", "json", path + ":snooptest:table", copy + ":snooptest:table"};
    if (!kernel::has_cookies()) {
        const Outcome refused = run_tool("usdtsnoop", args);
        EXPECT_EQ(refused.code, 3);
        EXPECT_THAT(refused.err, HasSubstr("one at a time"));
        return;
    }
    ToolRun tool{"usdtsnoop", args};

    EXPECT_EQ(run({.path = copy, .argv = {"target", "table"}}).status, 0);
    EXPECT_EQ(run({.path = path, .argv = {"target", "table"}}).status, 0);
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    EXPECT_EQ(rows[0]["binary"], copy);
    EXPECT_EQ(rows[1]["binary"], path);
}

TEST_F(Usdtsnoop, AFloodIsCountedToTheLast)
{
    constexpr unsigned made = 20'000;
    ToolRun tool{"usdtsnoop", {path + ":snooptest:flood"}};
    std::vector<Process> all;

    for (int i = 0; i < 3; i++)
        all.push_back(Process::exec({.path = path, .argv = {"target", "flood", std::to_string(made)}}));
    for (Process &one : all)
        EXPECT_EQ(one.wait().status, 0);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["seen"], 3 * made);
    EXPECT_THAT(tool.err(), testing::Not(HasSubstr("map full")));
    // No row has another one's bytes in it.
    std::vector<std::string> odd;
    const std::string middle = fmt::format(" {:<16} {:<28} ", "usdt_target", "snooptest:flood");
    const std::vector<std::string> lines = tool.lines();
    for (const auto &line : lines) {
        const auto at = line.find(middle);
        const auto argument = at == line.npos ? "" : line.substr(at + middle.size());
        if (argument.empty() || argument.find_first_not_of("0123456789") != argument.npos)
            odd.push_back(line);
    }
    EXPECT_THAT(odd, SizeIs(1)) << "more than the header";
    EXPECT_EQ(accounting["printed"], lines.size() - odd.size());
}

// ---- probes that a distribution ships

const Load throws{"throws", [](const Args &args) {
                      for (const auto &text : args)
                          try {
                              throw std::runtime_error(text);
                          } catch (const std::exception &) {}
                      return 0;
                  }};

// Probes of the library that this very program is linked with, by its name.
TEST_F(Usdtsnoop, ExceptionsOfCxx)
{
    ToolRun tool{"usdtsnoop",
                 {"-o", "json", "libstdc++.so.6:libstdcxx:*", "--", Load::self(), "one", "two"},
                 {.env = throws.env()}};

    EXPECT_EQ(tool.wait(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(4)) << tool.out() << tool.err();
    for (std::size_t i = 0; i < 4; i++) {
        EXPECT_EQ(rows[i]["provider"], "libstdcxx");
        EXPECT_EQ(rows[i]["name"], i % 2 == 0 ? "throw" : "catch");
        EXPECT_EQ(rows[i]["types"], (Json{"u64", "u64"}));
        // The exception and its type.
        EXPECT_EQ(rows[i]["args"][1], rows[0]["args"][1]);
    }
    EXPECT_EQ(rows[0]["args"], rows[1]["args"]);
}

TEST_F(Usdtsnoop, ExceptionsOfAProcess)
{
    Gate gate;
    Process thrower{[&] {
        gate.wait();
        try {
            throw 1;
        } catch (int) {}
        _exit(0);
    }};
    ToolRun tool{"usdtsnoop", {"-p", std::to_string(thrower.pid()), "libstdc++.so*:libstdcxx:throw"}};

    gate.open();
    EXPECT_EQ(thrower.wait().status, 0);
    tool.line_with("libstdcxx:throw");
    EXPECT_EQ(tool.stop(), 0);
}

} // namespace
} // namespace snoop::test
