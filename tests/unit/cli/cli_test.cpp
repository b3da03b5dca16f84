// SPDX-License-Identifier: BSD-2-Clause
// The options that all event tools share, with valid and invalid values.
#include "base/error.hpp"
#include "cli/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace snoop;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr ToolInfo info{"mysnoop", "Shows what is mine.", "Examples:\n  mysnoop -x     something", 1};

CommonOptions parsed(std::vector<std::string> args)
{
    args.insert(args.begin(), "mysnoop");
    std::vector<char *> argv;
    for (std::string &arg : args)
        argv.push_back(arg.data());
    argv.push_back(nullptr);

    Cli cli{static_cast<int>(args.size()), argv.data(), info};
    cli.add_common();
    cli.parse();
    return cli.common();
}

// The message of the usage error that args must give.
std::string refusal(const std::vector<std::string> &args)
{
    try {
        parsed(args);
    } catch (const Error &error) {
        const std::string what = error.what();
        EXPECT_EQ(error.code(), exit_usage) << what;
        EXPECT_THAT(what, Not(HasSubstr("\n")));
        return what;
    }
    ADD_FAILURE() << "accepted: " << testing::PrintToString(args);
    return "";
}

std::string done(const std::vector<std::string> &args)
{
    try {
        parsed(args);
    } catch (const Done &done) {
        return done.text;
    }
    ADD_FAILURE() << "went on: " << testing::PrintToString(args);
    return "";
}

TEST(Cli, Defaults)
{
    const CommonOptions o = parsed({});

    EXPECT_EQ(o.format, Format::text);
    EXPECT_TRUE(std::ranges::all_of(o.filters, [](const auto &keys) { return keys.empty(); }) && o.cgroups.empty());
    EXPECT_FALSE(o.show_time || o.show_timestamp || o.show_uid || o.strict || o.verbose);
    EXPECT_FALSE(o.duration_s || o.count || o.ring_bytes);
    EXPECT_EQ(o.transport, Transport::automatic);
    EXPECT_TRUE(o.record.empty() && o.replay.empty() && o.btf.empty() && o.command.empty());
}

TEST(Cli, FiltersByTheirLongAndShortNames)
{
    for (const auto &args : {std::vector<std::string>{"-u", "1000", "-p", "2", "-P", "3", "-n", "ls", "--cgroup", "/a"},
                             {"--uid=1000", "--pid=2", "--ppid=3", "--comm=ls", "--cgroup=/a"},
                             {"--uid", "1000", "--pid", "2", "--ppid", "3", "--comm", "ls", "--cgroup", "/a"}}) {
        const CommonOptions o = parsed(args);
        EXPECT_THAT(o.numbers("--uid"), ElementsAre(1000u));
        EXPECT_THAT(o.numbers("--pid"), ElementsAre(2u));
        EXPECT_THAT(o.numbers("--ppid"), ElementsAre(3u));
        EXPECT_THAT(o.keys("--comm"), ElementsAre(filter_key("ls")));
        EXPECT_THAT(o.cgroups, ElementsAre("/a"));
    }
}

TEST(Cli, FiltersAreRepeatable)
{
    const CommonOptions o = parsed({"-u",       "1", "-u",       "2", "-p", "10",  "-p", "4194304",
                                    "-P",       "1", "-P",       "5", "-n", "a b", "-n", "123456789012345",
                                    "--cgroup", "x", "--cgroup", "y"});
    EXPECT_THAT(o.numbers("--uid"), ElementsAre(1u, 2u));
    EXPECT_THAT(o.numbers("--pid"), ElementsAre(10u, 4194304u));
    EXPECT_THAT(o.numbers("--ppid"), ElementsAre(1u, 5u));
    EXPECT_THAT(o.keys("--comm"), ElementsAre(filter_key("a b"), filter_key("123456789012345")));
    EXPECT_THAT(o.cgroups, ElementsAre("x", "y"));
}

TEST(Cli, UsersByNameAndByNumber)
{
    EXPECT_THAT(parsed({"-u", "root"}).numbers("--uid"), ElementsAre(0u));
    EXPECT_THAT(parsed({"-u", "0"}).numbers("--uid"), ElementsAre(0u));
    EXPECT_THAT(parsed({"-u", "4294967294", "-u", "root"}).numbers("--uid"), ElementsAre(4294967294u, 0u));
}

// An option takes one value, unchanged.
TEST(Cli, FilterTakesOneValue)
{
    EXPECT_THAT(refusal({"-n", "ls", "cat"}), HasSubstr("cat"));
    EXPECT_THAT(refusal({"-u", "root", "root"}), HasSubstr("root"));
    EXPECT_THAT(refusal({"-p", "1", "2"}), HasSubstr("2"));
}
TEST(Cli, BracketsAreNotAList)
{
    EXPECT_THAT(parsed({"-n", "[a,b]"}).keys("--comm"), ElementsAre(filter_key("[a,b]")));
}

TEST(Cli, Display)
{
    EXPECT_EQ(parsed({"-o", "json"}).format, Format::json);
    EXPECT_EQ(parsed({"--output", "text"}).format, Format::text);
    EXPECT_TRUE(parsed({"-T"}).show_time && parsed({"--time"}).show_time);
    EXPECT_TRUE(parsed({"-t"}).show_timestamp && parsed({"--timestamp"}).show_timestamp);
    EXPECT_TRUE(parsed({"-U"}).show_uid && parsed({"--print-uid"}).show_uid);
    const CommonOptions o = parsed({"-TtU"});
    EXPECT_TRUE(o.show_time && o.show_timestamp && o.show_uid);
}

TEST(Cli, Running)
{
    EXPECT_EQ(parsed({"-d", "2"}).duration_s, 2.0);
    EXPECT_EQ(parsed({"--duration", "0.25"}).duration_s, 0.25);
    EXPECT_EQ(parsed({"-c", "1"}).count, 1u);
    EXPECT_EQ(parsed({"--count", "18446744073709551615"}).count, UINT64_MAX);
    EXPECT_EQ(parsed({"--ring-size", "4096"}).ring_bytes, 4096u);
    EXPECT_EQ(parsed({"--ring-size", "256K"}).ring_bytes, 256u << 10);
    EXPECT_EQ(parsed({"--ring-size", "4M"}).ring_bytes, 4u << 20);
    EXPECT_EQ(parsed({"--ring-size", "1G"}).ring_bytes, 1u << 30);
    EXPECT_EQ(parsed({"--transport", "perf"}).transport, Transport::perf);
    EXPECT_EQ(parsed({"--transport", "ring"}).transport, Transport::ring);
    EXPECT_TRUE(parsed({"--strict"}).strict);
    EXPECT_TRUE(parsed({"-v"}).verbose && parsed({"--verbose"}).verbose);
    EXPECT_EQ(parsed({"--record", "f"}).record, "f");
    EXPECT_EQ(parsed({"--replay", "-"}).replay, "-");
    EXPECT_EQ(parsed({"--btf", "/b"}).btf, "/b");
}

TEST(Cli, LeavesTheCommandAlone)
{
    const CommonOptions o = parsed({"-U", "--", "make", "-o", "xml", "--help", "--", "-u"});

    EXPECT_THAT(o.command, ElementsAre("make", "-o", "xml", "--help", "--", "-u"));
    EXPECT_TRUE(o.show_uid);
    EXPECT_EQ(o.format, Format::text);
    EXPECT_TRUE(o.keys("--uid").empty());
    EXPECT_THAT(refusal({"-U", "--"}), HasSubstr("`--` needs a command"));
}

TEST(Cli, UnknownUsers)
{
    for (const std::string user : {"no-such-user-here", "-1", "4294967295", "99999999999", "0x0", "1 ", ""}) {
        const std::string why = refusal({"-u", user});
        EXPECT_THAT(why, HasSubstr("'" + user + "'"));
        EXPECT_THAT(why, HasSubstr("--uid"));
        EXPECT_THAT(why, HasSubstr("give a name"));
    }
}

TEST(Cli, InvalidProcessIds)
{
    for (const std::string option : {"--pid", "--ppid"})
        for (const std::string pid : {"0", "-1", "4194305", "99999999999999999999", "abc", "12x", "1.5", ""}) {
            const std::string why = refusal({option, pid});
            EXPECT_THAT(why, HasSubstr(option + ":"));
            EXPECT_THAT(why, HasSubstr("'" + pid + "'"));
            EXPECT_THAT(why, HasSubstr("give a number from 1 to 4194304"));
        }
}

TEST(Cli, InvalidProcessNames)
{
    EXPECT_THAT(refusal({"--comm", "1234567890123456"}),
                HasSubstr("--comm: invalid name '1234567890123456' of 16 bytes"));
    EXPECT_THAT(refusal({"-n", ""}), HasSubstr("--comm: invalid name '' of 0 bytes"));
}

TEST(Cli, UnknownOptionsAndMissingValues)
{
    EXPECT_THAT(refusal({"--nonsense"}), testing::AllOf(HasSubstr("--nonsense"), HasSubstr("`mysnoop --help`")));
    EXPECT_THAT(refusal({"-X"}), HasSubstr("-X"));
    EXPECT_THAT(refusal({"stray"}), HasSubstr("stray"));
    for (const std::string option : {"--uid", "--pid", "--ppid", "--comm", "--cgroup", "--output", "--duration",
                                     "--count", "--ring-size", "--transport", "--record", "--replay", "--btf"})
        EXPECT_THAT(refusal({option}), testing::AllOf(HasSubstr(option), HasSubstr("`mysnoop --help`")));
}

// The right command line is in the message.
TEST(Cli, ForgottenDashes)
{
    const auto hint = [](const std::string &line) {
        return testing::EndsWith("to trace a command, put -- before it: `" + line + "`");
    };

    EXPECT_THAT(refusal({"ls", "-l"}), testing::StartsWith("unexpected argument 'ls'"));
    EXPECT_THAT(refusal({"ls", "-l"}), hint("mysnoop -- ls -l"));
    EXPECT_THAT(refusal({"-U", "-n", "sh", "--uid=0", "-To", "json", "ls", "-n"}),
                hint("mysnoop -U -n sh --uid=0 -To json -- ls -n"));
    EXPECT_THAT(refusal({"sh", "-c", "echo $HOME"}), hint("mysnoop -- sh -c 'echo $HOME'"));
    EXPECT_THAT(refusal({"-Up1", "ls"}), hint("mysnoop -Up1 -- ls"));
    // Not after an unknown option, nor with a command that has its `--`.
    EXPECT_THAT(refusal({"--colour", "ls"}), HasSubstr("unexpected option '--colour'"));
    EXPECT_THAT(refusal({"-UX", "ls"}), HasSubstr("unexpected option"));
    EXPECT_EQ(refusal({"ls", "--", "cat"}), "unexpected argument 'ls'; see `mysnoop --help`");
}

// `--replay "$FILE"` with an unset variable must not trace, nor --record record nothing.
TEST(Cli, EmptyValues)
{
    for (const std::string option : {"--ring-size", "--record", "--replay", "--btf", "--cgroup"})
        EXPECT_THAT(refusal({option, ""}), HasSubstr(option));
}

TEST(Cli, InvalidChoices)
{
    for (const std::string word : {"xml", "JSON", "0", "1", ""})
        EXPECT_THAT(refusal({"--output", word}), testing::AllOf(HasSubstr("--output"), HasSubstr("json")));
    for (const std::string word : {"tcp", "2"})
        EXPECT_THAT(refusal({"--transport", word}), testing::AllOf(HasSubstr("--transport"), HasSubstr("perf")));
}

TEST(Cli, InvalidTimes)
{
    for (const std::string time : {"0", "-1", "nan", "inf", "-inf", "1e10", "abc", "1s", ""})
        EXPECT_THAT(refusal({"--duration", time}), HasSubstr("--duration"));
    EXPECT_THAT(refusal({"--duration", "0"}), HasSubstr("give seconds above 0"));
    EXPECT_THAT(refusal({"-d", "nan"}), HasSubstr("give seconds above 0"));
}

TEST(Cli, InvalidCounts)
{
    for (const std::string count : {"0", "-1", "1.5", "abc", "18446744073709551616", ""})
        EXPECT_THAT(refusal({"--count", count}), HasSubstr("--count"));
    EXPECT_THAT(refusal({"-c", "0"}), HasSubstr("give a number from 1"));
}

TEST(Cli, InvalidRingSizes)
{
    for (const std::string size : {"5000", "1", "0", "2048", "3G", "2G", "16E"})
        EXPECT_THAT(refusal({"--ring-size", size}), HasSubstr("--ring-size: invalid size '" + size + "'"));
    for (const std::string size : {"abc", "-4096", "4096 ", "4KB", "K", "18446744073709551616", "18014398509481984K"})
        EXPECT_THAT(refusal({"--ring-size", size}),
                    HasSubstr("invalid size '" + size + "': give bytes, or a number with K, M or G"));
    EXPECT_THAT(refusal({"--ring-size", "5000"}), HasSubstr("power of two from 4096"));
}

TEST(Cli, OptionsExcludedByReplay)
{
    EXPECT_THAT(refusal({"--replay", "a", "--record", "b"}), HasSubstr("--record"));
    EXPECT_THAT(refusal({"--replay", "a", "--", "ls"}), HasSubstr("-- ls"));
    EXPECT_THAT(refusal({"--replay", "a", "--cgroup", "/"}), HasSubstr("--cgroup"));
    EXPECT_EQ(parsed({"--replay", "a", "-u", "0", "-p", "1", "-n", "x"}).replay, "a");
}

TEST(Cli, Help)
{
    for (const auto &args : {std::vector<std::string>{"--help"}, {"-h"}, {"-U", "--help"}}) {
        const std::string help = done(args);
        for (const char *part :
             {"Shows what is mine.", "Usage: mysnoop", "Examples:\n  mysnoop -x     something\n", "-u, --uid USER",
              "-o, --output FORMAT", "--replay FILE", "-h, --help", "-V, --version"})
            EXPECT_THAT(help, HasSubstr(part));
        EXPECT_TRUE(help.ends_with('\n'));
    }
}

TEST(Cli, Version)
{
    for (const std::string option : {"--version", "-V"})
        EXPECT_EQ(done({option}), std::string{"mysnoop "} + SNOOP_VERSION + "\n");
}

// For the build. A tool's columns are not set up otherwise.
TEST(Cli, GeneratesADescriptionOfItsRows)
{
    const auto run = [](std::vector<std::string> args) {
        std::vector<char *> argv;
        for (std::string &arg : args)
            argv.push_back(arg.data());
        Cli cli{static_cast<int>(argv.size()), argv.data(), info};
        cli.add_common();
        cli.describe_rows([] { return std::string{"described"}; });
        cli.parse();
    };

    try {
        run({"mysnoop", "--generate", "json"});
        ADD_FAILURE() << "it went on";
    } catch (const Done &done) {
        EXPECT_EQ(done.text, "described");
    }
    EXPECT_NO_THROW(run({"mysnoop"}));
    EXPECT_THROW(run({"mysnoop", "--generate", "poem"}), Error);
    EXPECT_THROW(run({"mysnoop", "--generate"}), Error);
    EXPECT_THROW(run({"mysnoop", "-U", "--generate", "json"}), Error);
}

// Before, between and after options, but not after --, where another program's options begin.
TEST(Cli, UnexpectedArguments)
{
    std::vector<std::string> args{"mysnoop", "one", "-n", "cat", "[a,b]", "--", "true", "three"}, words;
    std::vector<char *> argv;
    for (std::string &arg : args)
        argv.push_back(arg.data());
    Cli cli{static_cast<int>(argv.size()), argv.data(), info};
    cli.add_common();
    cli.arguments("PATH", words, "What to look at");
    cli.parse();

    EXPECT_THAT(words, ElementsAre("one", "[a,b]"));
    EXPECT_THAT(cli.common().keys("--comm"), ElementsAre(filter_key("cat")));
    EXPECT_THAT(cli.common().command, ElementsAre("true", "three"));
}

} // namespace
