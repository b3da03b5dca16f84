// SPDX-License-Identifier: BSD-2-Clause
// The options that all event tools share, with valid values; refusals_test.cpp has invalid ones.
#include "unit/cli.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace snoop;
using snoop::test::info;
using snoop::test::parsed;
using snoop::test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;

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
        EXPECT_THAT(o.conditions("--comm"), ElementsAre(Condition{filter_key("ls")}));
        EXPECT_THAT(o.cgroups, ElementsAre(Condition<std::string>{"/a"}));
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
    EXPECT_THAT(o.conditions("--comm"),
                ElementsAre(Condition{filter_key("a b")}, Condition{filter_key("123456789012345")}));
    EXPECT_THAT(o.cgroups, ElementsAre(Condition<std::string>{"x"}, Condition<std::string>{"y"}));
}

TEST(Cli, FiltersThatSayNot)
{
    const CommonOptions o =
        parsed({"-u", "!root", "-u", "7",    "-p", "!1",  "--tid",    "!2",  "-P",           "3", "-P", "!4",
                "-n", "!cron", "-n", "\\!x", "-n", "!!y", "--cgroup", "!/a", "--cgroup=\\!b"});

    EXPECT_THAT(o.conditions("--uid"), ElementsAre(Condition{filter_key(0), true}, Condition{filter_key(7)}));
    EXPECT_THAT(o.numbers("--uid"), ElementsAre(7u));
    EXPECT_THAT(o.conditions("--pid"), ElementsAre(Condition{filter_key(1), true}));
    EXPECT_TRUE(o.numbers("--pid").empty());
    EXPECT_THAT(o.conditions("--tid"), ElementsAre(Condition{filter_key(2), true}));
    EXPECT_THAT(o.conditions("--ppid"), ElementsAre(Condition{filter_key(3)}, Condition{filter_key(4), true}));
    EXPECT_THAT(o.conditions("--comm"), ElementsAre(Condition{filter_key("cron"), true}, Condition{filter_key("!x")},
                                                    Condition{filter_key("!y"), true}));
    EXPECT_THAT(o.cgroups, ElementsAre(Condition<std::string>{"/a", true}, Condition<std::string>{"!b"}));
    EXPECT_EQ(o.given_filters, "--uid '!root', --uid 7, --pid '!1', --tid '!2', --ppid 3, --ppid '!4', --comm '!cron', "
                               "--comm $'\\\\!x', --comm '!!y', --cgroup '!/a', --cgroup $'\\\\!b'");
    for (const char *option : {"--uid", "--pid", "--tid", "--ppid", "--comm", "--cgroup"})
        EXPECT_THAT(refusal({option, "!"}), HasSubstr(std::string{option} + ": '!' leaves out nothing"));
    EXPECT_THAT(refusal({"-p", "!0"}), HasSubstr("--pid: invalid process ID '0'"));
}

// Only the tools whose events have a result take them.
TEST(Cli, FiltersByResult)
{
    const auto errors = [](std::vector<std::string> args) {
        args.insert(args.begin(), "mysnoop");
        std::vector<char *> argv;
        for (std::string &arg : args)
            argv.push_back(arg.data());
        Cli cli{static_cast<int>(argv.size()), argv.data(), info};
        cli.add_common();
        cli.add_result_filters();
        cli.parse();
        return cli.common().conditions("--errno");
    };

    EXPECT_THAT(errors({"--errno", "ENOENT", "--errno", "!eacces", "--errno", "0"}),
                ElementsAre(Condition{filter_key(2)}, Condition{filter_key(13), true}, Condition{filter_key(0)}));
    EXPECT_THAT(refusal({"--errno", "ENOENT"}), HasSubstr("--errno"));
}

// For the message about missing rows.
TEST(Cli, RemembersFiltersAsGiven)
{
    EXPECT_EQ(parsed({"-v", "-d", "1"}).given_filters, "");
    const CommonOptions under = parsed({"--under", "42", "--under", "!sshd", "--under", "7zip", "--under", "!43"});
    EXPECT_EQ(under.under_pids, (std::vector<Condition<std::uint32_t>>{{42, false}, {43, true}}));
    EXPECT_EQ(under.under_comms,
              (std::vector<Condition<FilterKey>>{{filter_key("sshd"), true}, {filter_key("7zip"), false}}));
    EXPECT_EQ(parsed({"-n", "a b", "-u", "root", "--cgroup", "/a", "-n", "ls", "-T"}).given_filters,
              "--uid root, --comm 'a b', --comm ls, --cgroup /a");
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
    for (const char *name : {"[a,b]", "[[aa]]", "[", "]", "[]", "\1a,b]"}) {
        const auto once = ElementsAre(Condition{filter_key(name)});
        EXPECT_THAT(parsed({"-n", name}).conditions("--comm"), once);
        EXPECT_THAT(parsed({fmt::format("-n{}", name)}).conditions("--comm"), once);
        EXPECT_THAT(parsed({fmt::format("--comm={}", name)}).conditions("--comm"), once);
    }
    EXPECT_THAT(refusal({"[a,b]"}), HasSubstr("'[a,b]'"));
    EXPECT_THAT(refusal({"--no-such-option=[a,b]"}), HasSubstr("[a,b]"));
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
    EXPECT_TRUE(parsed({"-v"}).verbose == 1 && parsed({"--verbose"}).verbose == 1);
    EXPECT_TRUE(parsed({"-vv"}).verbose == 2 && parsed({"-v", "--verbose"}).verbose == 2);
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
    EXPECT_TRUE(o.conditions("--uid").empty());
    EXPECT_THAT(refusal({"-U", "--"}), HasSubstr("`--` needs a command"));
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
    EXPECT_THAT(cli.common().conditions("--comm"), ElementsAre(Condition{filter_key("cat")}));
    EXPECT_THAT(cli.common().command, ElementsAre("true", "three"));
}

} // namespace
