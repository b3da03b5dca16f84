// SPDX-License-Identifier: BSD-2-Clause
// The options that all event tools share refuse invalid values, and say why.
#include "unit/cli.hpp"

#include <string>
#include <vector>

namespace {

using namespace snoop;
using snoop::test::parsed;
using snoop::test::refusal;
using testing::HasSubstr;

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
    EXPECT_THAT(refusal({"--under", "1234567890123456x"}), HasSubstr("--under: invalid name"));
    EXPECT_THAT(refusal({"--under", ""}), HasSubstr("--under: invalid name '' of 0 bytes"));
    EXPECT_THAT(refusal({"--under", "0"}), HasSubstr("--under: invalid"));
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

TEST(Cli, OptionsOfOtlpNeedIt)
{
    for (const auto &option : {std::vector<std::string>{"--otlp-queue", "1M"},
                               {"--otlp-timeout", "1"},
                               {"--otlp-args"},
                               {"--otlp-spool", "/"}})
        EXPECT_THAT(refusal(option), HasSubstr(option[0] + " needs --otlp"));
    EXPECT_THAT(refusal({"--otlp", "http://h", "--otlp-queue", "1K"}), HasSubstr("--otlp-queue"));
    const CommonOptions options = parsed({"--otlp", "http://h", "--otlp-queue", "1M", "--otlp-timeout", "0.5"});
    EXPECT_EQ(options.otlp.queue_bytes, 1u << 20);
    EXPECT_EQ(options.otlp.timeout_s, 0.5);
}

TEST(Cli, OptionsExcludedByOutputOfOtlp)
{
    EXPECT_THAT(refusal({"-o", "otlp", "--otlp", "http://h"}), HasSubstr("omit one of them"));
    EXPECT_THAT(refusal({"-o", "otlp", "--fields", "pid"}), HasSubstr("--fields does not apply to -o otlp"));
    EXPECT_THAT(refusal({"-o", "otlp", "--otlp-queue", "1M"}), HasSubstr("--otlp-queue needs --otlp"));
    EXPECT_TRUE(parsed({"-o", "otlp", "--otlp-args"}).otlp.with_args);
}

TEST(Cli, OptionsExcludedByReplay)
{
    EXPECT_THAT(refusal({"--replay", "a", "--record", "b"}), HasSubstr("--record"));
    EXPECT_THAT(refusal({"--replay", "a", "--", "ls"}), HasSubstr("-- ls"));
    EXPECT_THAT(refusal({"--replay", "a", "--cgroup", "/"}), HasSubstr("--cgroup"));
    EXPECT_THAT(refusal({"--replay", "a", "--under", "sshd"}), HasSubstr("--under does not apply to a recording"));
    EXPECT_EQ(parsed({"--replay", "a", "-u", "0", "-p", "1", "-n", "x"}).replay, "a");
}

} // namespace
