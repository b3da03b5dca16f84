// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop on this kernel: the contract of every event tool, then what is its own:
// arguments of each kind, strings, semaphores, places, and probes that a distribution ships.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "hooks.hpp"
#include "load.hpp"

#include "kernel/features.hpp"
#include <snoop/usdtsnoop.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Args = std::vector<std::string>;

// A copy that every user may execute.
std::string target(const TempDir &dir, const std::string &name = "usdt_target")
{
    const std::string path = dir.at(name);
    return access(path.c_str(), F_OK) == 0 ? path : dir.file(name, read_file(tool_path(name)), 0755);
}

const EventTool usdtsnoop{
    .name = "usdtsnoop",
    .event = "usdt",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        return [path = target(dir), marker, comm] {
            execl(path.c_str(), "usdt_target", "mark", marker.c_str(), comm.c_str(), nullptr);
            _exit(errno);
        };
    },
    .command = [](const TempDir &dir) { return target(dir) + " mark"; },
    .args =
        [](const TempDir &dir) {
            return Args{"-s", "1", target(dir) + ":snooptest:mark"};
        },
    .is_by_perf = true,
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(usdtsnoop)));

// ---- arguments ------------------------------------------------------------------------------

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
    EXPECT_NE(rows[0]["tid"], rows[0]["pid"]);
    EXPECT_EQ(rows[0]["pid"], rows[1]["pid"]);
}

// ---- which probes ---------------------------------------------------------------------------

class Usdtsnoop : public testing::Test {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    // The names of the probes that show while the program makes one call after the other.
    std::vector<std::string> shown_of(const Args &probes)
    {
        ToolRun tool{"usdtsnoop", probes};
        for (const char *what : {"mark", "table", "twice"})
            EXPECT_EQ(run({.path = path, .argv = {"target", what, "text"}}).status, 0);
        EXPECT_EQ(tool.stop(), 0) << tool.err();
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (const auto at = line.find("snooptest:"); at != line.npos)
                names.push_back(line.substr(at + 10, line.find(' ', at) - at - 10));
        return names;
    }

    TempDir dir;
    const std::string path = target(dir);
};

TEST_F(Usdtsnoop, OneOrSeveralOrAll)
{
    EXPECT_THAT(shown_of({path + ":snooptest:mark"}), ElementsAre("mark"));
    EXPECT_THAT(shown_of({path + ":snooptest:t*"}), ElementsAre("table", "twice", "twice"));
    EXPECT_THAT(shown_of({path + ":*:[mt]a*"}), ElementsAre("mark", "table"));
    EXPECT_THAT(shown_of({path + ":snooptest:table", path + ":snooptest:mark"}), ElementsAre("mark", "table"));
    // One that is meant twice shows once.
    EXPECT_THAT(shown_of({path + ":snooptest:mark", path + ":*:m*"}), ElementsAre("mark"));
}

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

// ---- semaphores -----------------------------------------------------------------------------

// A program that waits for lines, and answers each with how many look.
class Guarded {
public:
    explicit Guarded(const std::string &path, const Step &before = {})
    {
        auto [to_out, to_in] = make_pipe();
        auto [from_out, from_in] = make_pipe();
        process_.emplace([&] {
            if (before)
                before();
            dup2(to_out.get(), STDIN_FILENO);
            dup2(from_in.get(), STDOUT_FILENO);
            execl(path.c_str(), "guarded", nullptr);
        });
        to_ = std::move(to_in);
        from_ = std::move(from_out);
    }

    int looking() const
    {
        char text[64] = "";
        if (write(to_.get(), "\n", 1) != 1 || read(from_.get(), text, sizeof(text) - 1) < 2)
            throw std::runtime_error("the guarded program does not answer");
        return std::stoi(text);
    }
    pid_t pid() const { return process_->pid(); }

private:
    Fd to_, from_;
    std::optional<Process> process_;
};

class UsdtGuarded : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override { SNOOP_NEEDS(uprobe); }

    TempDir dir;
    const std::string path = target(dir, GetParam());
};

INSTANTIATE_TEST_SUITE_P(, UsdtGuarded, testing::Values("usdt_guarded", "usdt_guarded_fixed"),
                         [](const auto &name) { return name.param; });

TEST_P(UsdtGuarded, TheSemaphoreIsUpWhileItLooks)
{
    const Guarded before{path};
    EXPECT_EQ(before.looking(), 0);
    {
        ToolRun tool{"usdtsnoop", {"-o", "json", path + ":snooptest:guarded"}};
        EXPECT_EQ(before.looking(), 1);
        EXPECT_EQ(Guarded{path}.looking(), 1); // one that starts later
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(tool.rows(), SizeIs(2)) << tool.err();
    }
    EXPECT_EQ(before.looking(), 0);
}

TEST_P(UsdtGuarded, TheSemaphoreGoesDownWhenTheToolIsKilled)
{
    const Guarded program{path};
    ToolRun tool{"usdtsnoop", {path + ":snooptest:guarded"}};

    EXPECT_EQ(program.looking(), 1);
    EXPECT_EQ(tool.stop(SIGKILL), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return program.looking() == 0; }));
}

TEST_P(UsdtGuarded, OfOneProcessOnly)
{
    const Guarded one{path}, other{path};
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(one.pid()), path + ":snooptest:guarded"}};

    EXPECT_EQ(other.looking(), 0);
    EXPECT_EQ(one.looking(), 1);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["pid"], one.pid());
    EXPECT_EQ(one.looking(), 0);
}

// By the name of what the process has mapped; one that is gone from its place, too.
TEST_P(UsdtGuarded, ByWhatAProcessHasMapped)
{
    const Guarded program{path};
    const std::string pid = std::to_string(program.pid());
    ASSERT_EQ(program.looking(), 0); // it runs, and has mapped itself

    for (const bool deleted : {false, true}) {
        if (deleted) {
            ASSERT_EQ(unlink(path.c_str()), 0);
        }
        for (const std::string &name : {GetParam(), std::string{"usdt_g*"}, std::string{"*"}}) {
            ToolRun tool{"usdtsnoop", {"-o", "json", "-p", pid, name + ":snooptest:guarded"}};
            EXPECT_EQ(program.looking(), 1) << name;
            EXPECT_EQ(tool.stop(), 0);
            ASSERT_THAT(tool.rows(), SizeIs(1)) << name;
            EXPECT_EQ(tool.rows()[0]["binary"], path);
        }
        const Outcome listed = run_tool("usdtsnoop", {"-o", "json", "-p", pid, "--list", GetParam()});
        EXPECT_EQ(parse_json(listed.out)["semaphore"], true) << listed.out << listed.err;
    }
}

// The process sees another file system than the tool does.
TEST_P(UsdtGuarded, ByAPathInAnotherRoot)
{
    const std::string above = dir.folder("above"), moved = above + "/moved", bytes = read_file(path);
    const Guarded program{moved, [&] {
                              private_mounts();
                              cover(above, "size=4m,mode=755");
                              write_file(moved, bytes, 0755);
                          }};
    ASSERT_EQ(program.looking(), 0);
    ASSERT_NE(access(moved.c_str(), F_OK), 0);
    ToolRun tool{"usdtsnoop", {"-o", "json", "-p", std::to_string(program.pid()), moved + ":snooptest:guarded"}};

    EXPECT_EQ(program.looking(), 1);
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["binary"], moved);
}

// ---- what a distribution ships ----------------------------------------------------------------

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

// ---- usage ----------------------------------------------------------------------------------

TEST_F(Usdtsnoop, AListAsText)
{
    const Outcome outcome = run_tool("usdtsnoop", {"--list", target(dir, "usdt_guarded")});

    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    ASSERT_THAT(outcome.lines(), SizeIs(2)) << outcome.out;
    EXPECT_EQ(outcome.lines()[0], "PROVIDER         NAME                         SEMAPHORE LOCATION   ARGS");
    EXPECT_THAT(outcome.lines()[1],
                testing::MatchesRegex("snooptest        guarded                      yes       0x[0-9a-f]+ +s32"));
}

TEST_F(Usdtsnoop, AFileWithoutProbes)
{
    const Outcome outcome = run_tool("usdtsnoop", {"--list", dir.program("none")});

    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("has no probes"));
}

TEST_F(Usdtsnoop, WhatIsNotThereIsNamed)
{
    const std::string text = dir.file("text", "no program\n");
    const std::string nobody = "4194304";
    const std::vector<std::pair<Args, std::string>> calls{
        {{}, "--list BINARY"},
        {{"one:two"}, "'one:two' is not of the form BINARY:PROVIDER:NAME"},
        {{":snooptest:mark"}, "is not of the form BINARY:PROVIDER:NAME"},
        {{path + "::mark"}, "is not of the form BINARY:PROVIDER:NAME"},
        {{path + ":snooptest:"}, "is not of the form BINARY:PROVIDER:NAME"},
        {{path + ":snooptest:mork"}, "has no probe snooptest:mork; `usdtsnoop --list " + path + "`"},
        {{"/no/such/file:a:b"}, "cannot read '/no/such/file': No such file"},
        {{"no-such-library.so:a:b"}, "'no-such-library.so' is neither on the PATH nor in a library directory"},
        {{text + ":a:b"}, "is not an ELF executable or library"},
        {{dir.path() + ":a:b"}, "is not an ELF executable or library"},
        {{"--list", text}, "is not an ELF executable or library"},
        {{"--list", path, path + ":a:b"}, "--list takes no"},
        {{"-p", nobody, "libc.so.6:a:b"}, "--pid: no process " + nobody},
        {{"-p", nobody, path + ":snooptest:mark"}, "--pid: no process " + nobody},
        {{"-p", std::to_string(getpid()), "no-such-library*:a:b"}, "has not mapped 'no-such-library*'"},
        {{"-s", "0", path + ":snooptest:mark"}, "--string: invalid count '0'"},
        {{"-s", "13", path + ":snooptest:mark"}, "--string: invalid count '13': give at most 12"},
        {{"-s", "1,", path + ":snooptest:mark"}, "--string: invalid count ''"},
        {{"-s", "3", path + ":snooptest:mark"}, "argument 3 is not an address in any of these probes"},
        {{"-s", "1", path + ":snooptest:thread"}, "argument 1 is not an address in any of these probes"},
        {{"--string-size", "0", path + ":snooptest:mark"}, "--string-size: invalid size '0': give 1 to 4K"},
        {{"--string-size", "4097", path + ":snooptest:mark"}, "--string-size: invalid size '4097': give 1 to 4K"},
    };

    for (const auto &[args, words] : calls) {
        const Outcome outcome = run_tool("usdtsnoop", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        ASSERT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    }
}

TEST_F(Usdtsnoop, VerboseNamesTheHook)
{
    ToolRun tool{"usdtsnoop", {"-v", path + ":snooptest:t*"}};

    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("for 5 sites"));
    EXPECT_THAT(tool.err(), HasSubstr(kernel::has_cookies() ? "cookies (5.15)" : "told apart by offset"));
}

} // namespace
} // namespace snoop::test
