// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop on this kernel: the contract of every event tool, lists, usage errors.
#include "contract/contract.hpp"
#include "usdtsnoop/usdtsnoop.hpp"

#include "kernel/features.hpp"

#include <cerrno>

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

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
    .searches_pids = true,
};

INSTANTIATE_TEST_SUITE_P(, Contract, testing::ValuesIn(contract_of(usdtsnoop)));

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

TEST_F(Usdtsnoop, RecordingStaysIfNothingCanBeTraced)
{
    const std::string file = dir.file("recording", "of an earlier run\n");

    EXPECT_EQ(run_tool("usdtsnoop", {"--record", file, path + ":snooptest:no_such_probe"}).code, 2);
    EXPECT_EQ(read_file(file), "of an earlier run\n");
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
