// SPDX-License-Identifier: BSD-2-Clause
// execsnoop on this kernel: the contract of every event tool, whole rows, arguments, -l.
#include "accounting.hpp"
#include "contract/contract.hpp"
#include "execsnoop/execsnoop.hpp"
#include "kernel/features.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::SizeIs;
using testing::StartsWith;

const EventTool execsnoop{
    .name = "execsnoop",
    .event = "exec",
    .make = [](const TempDir &dir, const std::string &marker, const std::string &comm) -> Step {
        if (access(dir.at(comm).c_str(), X_OK) != 0)
            dir.program(comm);
        return [exec = Exec{.path = dir.at(comm), .argv = {comm, marker}}] { exec_now(exec); };
    },
    .power = "read the arguments of all users' programs, passwords among them",
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(execsnoop)));

constexpr const char *header = "COMM             PID     PPID    RET  ARGS";

TEST_F(Execsnoop, TextRow)
{
    ToolRun tool{"execsnoop", of_children()};

    const Ended one = run({.path = program, .argv = {"zero", "-a", "two words", ""}});
    const Ended two = run({.path = program});
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(),
                testing::ElementsAre(header, text_row("prog", one.pid, getpid(), 0, program + " -a two words "),
                                     text_row("prog", two.pid, getpid(), 0, program)));
}

TEST_F(Execsnoop, JsonRow)
{
    ToolRun tool{"execsnoop", json()};

    const Ended done = run({.path = program, .argv = {"zero", "-a", "two words", ""}});
    const Json row = tool.row_with("two words");
    EXPECT_TRUE(row["time"].is_string() && row["ts_ns"].is_number_unsigned() && row["cgroup_id"].is_number_unsigned());
    struct stat exe {};
    ASSERT_EQ(stat(program.c_str(), &exe), 0);
    const std::string dev = fmt::format("{}:{}", major(exe.st_dev), minor(exe.st_dev));
    EXPECT_EQ(without_moment(row), expected_row(done.pid, {{"comm", "prog"},
                                                           {"exe_dev", dev},
                                                           {"exe_ino", exe.st_ino},
                                                           {"ret", 0},
                                                           {"errno", nullptr},
                                                           {"filename", program},
                                                           {"args", {"zero", "-a", "two words", ""}},
                                                           {"args_bytes", 5 + 3 + 10 + 1},
                                                           {"abi", nullptr}}));
}

// Arguments cannot forge a row, control the terminal or break the JSON.
TEST_F(Execsnoop, UnprintableBytes)
{
    const Args odd{"a\nb", "\x1b[31m",    "\xff\xfe",     "it's",     "\"q\"",
                   "\t",   "back\\slash", "\xe2\x80\xae", "\xc3\xa9", "\x7f"};
    Args argv{"prog"};
    argv.insert(argv.end(), odd.begin(), odd.end());

    ToolRun object{"execsnoop", json()}, text{"execsnoop", of_children()}, quoted{"execsnoop", of_children({"-q"})};
    const Ended done = run({.path = program, .argv = argv});
    for (ToolRun *tool : {&text, &quoted, &object})
        EXPECT_EQ(tool->stop(), 0);

    // The last row of each; above it are the tools that were started later.
    EXPECT_EQ(text.lines().back(), text_row("prog", done.pid, getpid(), 0,
                                            program + " a\\nb \\x1b[31m \\xff\\xfe it's \"q\" \\t back\\\\slash "
                                                      "\\xe2\\x80\\xae \xc3\xa9 \\x7f"));
    EXPECT_EQ(quoted.lines().back(), text_row("prog", done.pid, getpid(), 0,
                                              program + " $'a\\nb' $'\\x1b[31m' $'\\xff\\xfe' $'it\\'s' '\"q\"' $'\\t' "
                                                        "$'back\\\\slash' $'\\xe2\\x80\\xae' '\xc3\xa9' $'\\x7f'"));
    EXPECT_EQ(text.lines().size(), 3u) << text.out();
    Args in_json = argv;
    in_json[3] = "\xef\xbf\xbd\xef\xbf\xbd"; // U+FFFD for each byte
    EXPECT_EQ(object.rows().back()["args"], in_json);
}

TEST_F(Execsnoop, UnprintableProcessNames)
{
    const std::string name = "a\nb \x1b[1m\xff";
    ToolRun text{"execsnoop", {"-x"}}, object{"execsnoop", {"-x", "-o", "json"}};
    const std::string failing = marker(), child = marker();

    const Ended caller = in_child([&] {
        prctl(PR_SET_NAME, name.c_str());
        in_child([&] { exec_now({.path = program, .argv = {"prog", child}}); });
        exec_now({.path = "/no/such/file", .argv = {"x", failing}});
    });
    EXPECT_EQ(caller.status, W_EXITCODE(ENOENT, 0));
    EXPECT_EQ(text.line_with(failing),
              text_row("a\\nb\\x20\\x1b[1m\\xff", caller.pid, getpid(), -2, "/no/such/file " + failing));
    EXPECT_EQ(object.row_with(failing)["comm"], "a\nb \x1b[1m\xef\xbf\xbd");
    EXPECT_EQ(object.row_with(child)["pcomm"], "a\nb \x1b[1m\xef\xbf\xbd");
    EXPECT_EQ(text.stop(), 0);
    EXPECT_EQ(object.stop(), 0);
}

TEST_F(Execsnoop, CutsLongArgument)
{
    const std::string mark = marker(), letters(100'000, 'x');
    const Args argv{"prog", mark, letters};
    const std::size_t total = bytes_of(argv), before = 5 + mark.size() + 1;

    for (const std::size_t kept : {std::size_t{1000}, std::size_t{4096}, std::size_t{20'000}, std::size_t{65'536}}) {
        Args option{"--max-args-bytes", std::to_string(kept)};
        if (kept == 65'536)
            option.clear(); // the default
        ToolRun object{"execsnoop", json(option)}, text{"execsnoop", of_children(option)};
        const Ended done = run({.path = program, .argv = argv});
        const std::string rest(kept - before, 'x');
        const Json row = object.row_with(mark);
        EXPECT_EQ(row["args"], (Args{"prog", mark, rest})) << kept;
        EXPECT_EQ(row["args_bytes"], total);
        EXPECT_EQ(row["truncated"], true);
        EXPECT_EQ(text.line_with(mark),
                  text_row("prog", done.pid, getpid(), 0,
                           fmt::format("{} {} {} <cut: {} of {} bytes>", program, mark, rest, kept, total)));
        EXPECT_EQ(object.stop(), 0);
        EXPECT_EQ(accounting_of(object.err())["truncated"], 1u);
        EXPECT_EQ(text.stop(), 0);
    }
}

TEST_F(Execsnoop, ArgumentsAroundRecordSize)
{
    ToolRun tool{"execsnoop", json()};

    for (const std::size_t size : {4094u, 4095u, 4096u, 4097u, 16'383u, 16'384u, 16'385u, 32'768u, 32'769u, 65'536u}) {
        const std::string mark = marker();
        const Args argv{"prog", mark, std::string(size - bytes_of({"prog", mark, ""}), 'y')};
        EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
        const Json row = tool.row_with(mark);
        EXPECT_EQ(row["args"], argv);
        EXPECT_EQ(row["args_bytes"], size);
        EXPECT_EQ(row["truncated"], false) << size;
    }
    // One more: all but its last NUL.
    const std::string mark = marker();
    const Args argv{"prog", mark, std::string(65'537 - bytes_of({"prog", mark, ""}), 'y')};
    EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
    const Json row = tool.row_with(mark);
    EXPECT_EQ(row["args_bytes"], 65'537);
    EXPECT_EQ(row["truncated"], true);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(accounting_of(tool.err())["truncated"], 1u);
}

TEST_F(Execsnoop, ScriptAndInterpreter)
{
    const std::string script = dir.file("script", "#!" + program + " -f one two\n", 0755);
    ToolRun text{"execsnoop", of_children()};
    const std::string mark = marker();

    const Ended done = run({.path = script, .argv = {"zero", mark}});
    EXPECT_EQ(text.line_with(mark),
              text_row("script", done.pid, getpid(), 0, fmt::format("{} -f one two {} {}", program, script, mark)));
}

// `-- CMD`: the first row is the exec of CMD, here the only one.
TEST_F(Execsnoop, CommandFromFirstInstruction)
{
    ToolRun tool{"execsnoop", {"-o", "json", "--", program, "-x", "--", "last"}};

    EXPECT_EQ(tool.wait(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1)) << tool.out();
    const Json row = tool.rows()[0];
    EXPECT_EQ(row["ppid"], tool.pid());
    EXPECT_EQ(row["filename"], program);
    EXPECT_EQ(row["args"], (Args{program, "-x", "--", "last"}));
}

TEST_F(Execsnoop, MatchesWordsOfArguments)
{
    const std::string in_argument = marker(), across = marker(), in_file = marker(), second = marker(), none = marker();
    ToolRun tool{"execsnoop", of_children({"-l", "needle", "--line", "two words", "-l", "other" + second})};
    const auto act = [&](const std::string &path, const Args &args) { EXPECT_EQ(run({path, args}).status, 0); };

    act(program, {"x", none, "need", "le", "NEEDLE", "words two"});
    act(program, {"x", in_argument, "hayneedlehay"});
    act(program, {"x", across, "two", "words"});
    act(dir.program("my-needle"), {"x", in_file});
    act(program, {"x", "other" + second});
    for (const auto &mark : {in_argument, across, in_file, second})
        tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(none), 0u);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 4u);
}

// A process of that name without such an argument.
TEST_F(Execsnoop, WordsDoNotMatchComm)
{
    const std::string none = marker(), shown = marker();
    ToolRun tool{"execsnoop", of_children({"-x", "-l", "needle"})};
    const auto fail = [&](const Args &args) {
        in_child([&] {
            prctl(PR_SET_NAME, "needle");
            exec_now({.path = "/no/such/file", .argv = args});
        });
    };

    fail({"x", none});
    fail({"x", shown, "needle"});
    EXPECT_THAT(tool.line_with(shown), StartsWith("needle "));
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(none), 0u);
}

TEST_F(Execsnoop, RecordsEventsOfSeveralRecords)
{
    const Args large{"x", std::string(100'000, 'a'), "b", std::string(50'000, 'c')};

    for (const Args &format : {Args{"-o", "json"}, Args{"-t"}}) {
        const std::string file = dir.at("recording");
        Args live = of_children({"-x", "--exit", "--max-args-bytes", "1M", "--record", file});
        live.insert(live.end(), format.begin(), format.end());
        Args replay{"--exit", "--replay", file};
        replay.insert(replay.end(), format.begin(), format.end());

        ToolRun tool{"execsnoop", live};
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(run({.path = program, .argv = large}).status, 0);
            in_child([&] { _exit(exec_ve("/no/such/file", large)); });
        }
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(large[1]), 10u);
        const Outcome again = run_tool("execsnoop", replay);
        EXPECT_EQ(again.code, 0) << again.err;
        EXPECT_TRUE(again.out == tool.out()) << "the replay differs";
        EXPECT_EQ(accounting_of(again.err), accounting_of(tool.err()));
    }
}

// If the ring had room for a part of an event only, the row is marked; the accounting counts it as lost.
TEST_F(Execsnoop, MarksCutRowsUnderOverload)
{
    constexpr unsigned made = 200;
    const Args argv{"x", marker(), std::string(40'000, 'y')};
    ToolRun tool{"execsnoop", json({"--ring-size", ring_size(128 << 10), "--strict"})};

    const OneCpu one;
    tool.send(SIGSTOP);
    for (unsigned i = 0; i < made; i++)
        EXPECT_EQ(run({.path = program, .argv = argv}).status, 0);
    tool.send(SIGCONT);
    EXPECT_EQ(tool.stop(), 1);
    auto accounting = expect_balance(tool.err());
    EXPECT_GT(accounting["lost"], 0u);
    EXPECT_GT(accounting["printed"], 0u);
    EXPECT_EQ(accounting["printed"] + accounting["lost"], made) << tool.err();
    unsigned cut = 0, whole = 0;
    for (const Json &row : tool.rows()) {
        EXPECT_EQ(row["args_bytes"], bytes_of(argv));
        EXPECT_EQ(row["truncated"] == false, row["args"] == Json(argv));
        (row["truncated"] == true ? cut : whole)++;
    }
    EXPECT_EQ(cut + whole, accounting["printed"]);
    EXPECT_EQ(cut, accounting["truncated"]);
    EXPECT_GT(cut, 0u);
    EXPECT_GT(whole, 0u);
}

} // namespace
} // namespace snoop::test
