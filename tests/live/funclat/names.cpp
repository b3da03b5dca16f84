// SPDX-License-Identifier: BSD-2-Clause
// funclat: names of C++, several functions with one name, and files of processes that cannot be found by their path.
#include "funclat/funclat.hpp"

#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop_names {

struct S {
    [[gnu::noinline, gnu::used]] static int run(int n);
    [[gnu::noinline, gnu::used]] static int run(char *text);
};

int S::run(int n)
{
    asm volatile("" : "+r"(n)::"memory");
    return n;
}

int S::run(char *text)
{
    asm volatile("" : "+r"(text)::"memory");
    return *text;
}

} // namespace snoop_names

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class FunctionName : public Funclat {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // Calls one function five times, the other three times.
    static void call_both()
    {
        char text[] = "x";
        for (int i = 0; i < 5; i++)
            snoop_names::S::run(i);
        for (int i = 0; i < 3; i++)
            snoop_names::S::run(text);
    }
    static Measured measure_here(const std::string &function, Args args = {})
    {
        args.insert(args.begin(), {"-o", "json", "-P", std::to_string(getpid()), function});
        ToolRun tool{"funclat", args};
        EXPECT_EQ(in_child(call_both).status, 0);
        EXPECT_EQ(tool.stop(), 0);
        return {tool.rows(), expect_calls_balance(tool.err()), tool.err()};
    }
};

TEST_F(FunctionName, OfCxxAsWritten)
{
    for (const char *name : {"snoop_names::S::run(int)", "_ZN11snoop_names1S3runEi"}) {
        const Measured one = measure_here(own(name));
        EXPECT_EQ(one.row()["function"], name);
        EXPECT_EQ(number(one.row()["count"]), 5u);
    }
    EXPECT_EQ(number(measure_here(own("snoop_names::S::run(char*)")).row()["count"]), 3u);
}

TEST_F(FunctionName, OfOverloads)
{
    SNOOP_NEEDS(cookies);
    for (const char *name : {"snoop_names::S::run", "snoop_names::S::r*"}) {
        const Measured both = measure_here(own(name));
        EXPECT_THAT(both.rows, SizeIs(2)) << name;
        EXPECT_EQ(number(both.row_of("snoop_names::S::run(int)")["count"]), 5u);
        EXPECT_EQ(number(both.row_of("snoop_names::S::run(char*)")["count"]), 3u);
    }
    const Outcome unknown = run_tool("funclat", {own("snoop_names::S::rnu")});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("did you mean snoop_names::S::run?"));
}

// One function has two names. Calls by either are those of both, and both are shown.
TEST_F(FunctionName, OtherNamesOfTheSameCode)
{
    const Args work{"quick", "5"};
    const Measured one = measure(own("snoop_quick_too"), work);
    EXPECT_EQ(number(one.row()["count"]), 5u);
    EXPECT_EQ(one.row()["function"], "snoop_quick_too");
    EXPECT_EQ(one.row()["aliases"], Json::array({"snoop_quick"}));

    ToolRun text{"funclat", {own("snoop_quick"), "--", Load::self(), "quick", "5"}, {.env = worker.env()}};
    EXPECT_EQ(text.wait(), 0);
    EXPECT_THAT(text.out(), HasSubstr("# snoop_quick is also snoop_quick_too\n"));
    SNOOP_NEEDS(cookies);
    ToolRun table{"funclat", {own("snoop_[qs]*"), "--", Load::self(), "quick", "5"}, {.env = worker.env()}};
    EXPECT_EQ(table.wait(), 0);
    EXPECT_THAT(table.out(), HasSubstr("# snoop_quick is also snoop_quick_too\n"));
}

// Whichever of the names is given, the calls by all of them are counted.
TEST_F(FunctionName, OfFoldedCode)
{
    const std::string one = "folded_names::one(int)", two = "folded_names::two(int)", three = "folded_three";

    for (const char *target : {"folded", "folded_fixed"})
        for (const auto &[name, others] :
             {std::pair{one, Json{two, three}}, {two, Json{one, three}}, {three, Json{one, two}}}) {
            const std::string path = tool_path(target);
            ToolRun tool{"funclat", {"-o", "json", path + ":" + name, "--", path, "4"}};
            EXPECT_EQ(tool.wait(), 0);
            ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.err();
            EXPECT_EQ(tool.rows()[0]["function"], name);
            EXPECT_EQ(tool.rows()[0]["aliases"], others);
            EXPECT_EQ(number(tool.rows()[0]["count"]), 12u) << name;
        }
    SNOOP_NEEDS(cookies);
    ToolRun pattern{"funclat", {tool_path("folded") + ":*folded_*", "--", tool_path("folded"), "4"}};
    EXPECT_EQ(pattern.wait(), 0);
    EXPECT_THAT(pattern.out(), HasSubstr("# folded_three is also folded_names::one(int), folded_names::two(int)\n"));
}

TEST_F(FunctionName, OfInlinedCopies)
{
    const std::string path = tool_path("inlined");
    ToolRun tool{"funclat", {"-o", "json", path + ":inlined_too", "--", path, "7"}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("funclat: 3 inlined copies of 'inlined_too' are not seen\n"));
    ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.err();
    EXPECT_EQ(number(tool.rows()[0]["count"]), 7u); // of 28 calls
    EXPECT_EQ(tool.rows()[0]["inlined"], 3);

    const Outcome only = run_tool("funclat", {path + ":inlined_names::hidden"});
    EXPECT_EQ(only.code, 3);
    EXPECT_THAT(only.err, HasSubstr("it is inlined in 2 places, where no probe sees it"));
}

// A process that has locked itself into a directory, in which its own path is a FIFO: to open that would block.
TEST_F(FunctionName, OfProgramOutsideOfItsRoot)
{
    const TempDir dir;
    const std::string self = Load::self();
    dir.folder(self.substr(1, self.rfind('/') - 1));
    ASSERT_EQ(mkfifo((dir.path() + self).c_str(), 0666), 0);
    ASSERT_EQ(symlink(self.c_str(), dir.at("link").c_str()), 0);
    Gate gate;
    Process process{[&] {
        if (chroot(dir.path().c_str()) != 0 || chdir("/") != 0)
            _exit(1);
        gate.wait();
        call_both();
    }};
    const std::string pid = std::to_string(process.pid());
    // Until the link leads to its own root.
    ASSERT_TRUE(eventually([&] { return std::filesystem::is_symlink("/proc/" + pid + "/root/link"); }));

    const Outcome link = run_tool("funclat", {"-p", pid, "/link:snoop_quick"});
    EXPECT_EQ(link.code, 2);
    EXPECT_THAT(link.err, HasSubstr("'/link' is not an ELF executable or library"));
    ToolRun by_path{"funclat", {"-o", "json", "-p", pid, own("snoop_names::S::run(int)")}};
    ToolRun by_name{"funclat",
                    {"-o", "json", "-p", pid, self.substr(self.rfind('/') + 1) + ":snoop_names::S::run(int)"}};
    gate.open();
    EXPECT_EQ(process.wait().status, 0);
    for (ToolRun *tool : {&by_path, &by_name}) {
        EXPECT_EQ(tool->stop(), 0);
        EXPECT_EQ(number(tool->rows().at(0)["count"]), 5u);
        EXPECT_EQ(tool->rows().at(0)["binary"], self);
    }
}

} // namespace
} // namespace snoop::test
