// SPDX-License-Identifier: BSD-2-Clause
// Typed options, and the texts that are generated from their definitions.
#include "cli/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace snoop;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr ToolInfo info{"my-snoop",
                        "Show what is mine, in a sentence that is so long that it does not fit into one line.",
                        "Examples:\n  my-snoop -x     something\n\n", 1};

enum class Colour { red, blue };

struct Options {
    bool failed = false;
    double interval_s = 2;
    std::optional<double> rest_s;
    std::uint32_t bytes = 64 << 10;
    std::optional<std::uint64_t> top;
    std::uint16_t keys = 10;
    Colour colour = Colour::blue;
    std::vector<std::size_t> lengths;
    std::string file;
    std::vector<std::string> paths;
};

Options run(std::vector<std::string> args)
{
    Options o;
    std::vector<char *> argv;
    args.insert(args.begin(), "my-snoop");
    for (std::string &arg : args)
        argv.push_back(arg.data());

    Cli cli{static_cast<int>(argv.size()), argv.data(), info};
    cli.flag("-x,--failed", o.failed, "Show failed attempts [too]: it's 1").manual("Show `x\\y` with -x.\n\nMore.");
    cli.seconds("-i,--interval", o.interval_s, "Time between two tables").manual("Every SECONDS (--failed).");
    cli.seconds("--rest", o.rest_s, "Rest");
    cli.size("--bytes", o.bytes, 1, 2 << 20, "Bytes to keep");
    cli.count("--top", o.top, "Print only the top N rows");
    cli.count("--keys", o.keys, "Keys");
    cli.choice<Colour>("--by", "COLOUR", o.colour, {{"red", Colour::red, "as roses"}, {"blue", Colour::blue}},
                       "Colour");
    cli.option(
        "--length-of-a-very-long-name", "WORD", o.lengths,
        [](std::string_view, const std::string &text) { return text.size(); }, "Words");
    cli.option("-f", "FILE", o.file, "A file").completes(Complete::file);
    cli.arguments("PATH", o.paths, "Files").completes(Complete::file);
    cli.add_common();
    cli.parse();
    return o;
}

std::string done(const std::vector<std::string> &args)
{
    try {
        run(args);
    } catch (const Done &done) {
        return done.text;
    }
    ADD_FAILURE() << "went on: " << testing::PrintToString(args);
    return "";
}

std::string refusal(const std::vector<std::string> &args)
{
    try {
        run(args);
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage);
        return error.what();
    }
    ADD_FAILURE() << "accepted: " << testing::PrintToString(args);
    return "";
}

TEST(TypedOptions, KeepTheirDefaults)
{
    const Options o = run({});

    EXPECT_FALSE(o.failed || o.rest_s || o.top);
    EXPECT_EQ(o.interval_s, 2);
    EXPECT_EQ(o.bytes, 65536u);
    EXPECT_EQ(o.colour, Colour::blue);
}

TEST(TypedOptions, ParseValues)
{
    const Options o = run({"-xi", "0.5", "--rest=3", "--bytes", "2M", "--top", "7", "--keys", "65535", "--by", "red",
                           "--length-of-a-very-long-name", "a,b", "--length-of-a-very-long-name", "c", "-ffile", "p"});

    EXPECT_TRUE(o.failed);
    EXPECT_EQ(o.interval_s, 0.5);
    EXPECT_EQ(o.rest_s, 3.0);
    EXPECT_EQ(o.bytes, 2u << 20);
    EXPECT_EQ(o.top, 7u);
    EXPECT_EQ(o.keys, 65535u);
    EXPECT_EQ(o.colour, Colour::red);
    EXPECT_THAT(o.lengths, ElementsAre(3u, 1u));
    EXPECT_EQ(o.file, "file");
    EXPECT_THAT(o.paths, ElementsAre("p"));
}

TEST(TypedOptions, RejectInvalidValues)
{
    EXPECT_EQ(refusal({"-i", "x"}), "--interval: invalid time 'x': give seconds above 0");
    EXPECT_EQ(refusal({"--bytes", "0"}), "--bytes: invalid size '0': give 1 to 2M");
    EXPECT_EQ(refusal({"--bytes", "3M"}), "--bytes: invalid size '3M': give 1 to 2M");
    EXPECT_EQ(refusal({"--keys", "65536"}), "--keys: invalid count '65536': give at most 65535");
    EXPECT_EQ(refusal({"--by", "green"}), "--by: invalid value 'green': give one of red, blue");
    EXPECT_EQ(refusal({"-f", ""}), "-f: the value is empty");
    EXPECT_EQ(refusal({""}), "PATH: the value is empty");
    EXPECT_EQ(refusal({"--by"}), "--by: needs a value; see `my-snoop --help`");
    EXPECT_EQ(refusal({"--top", "1", "--top", "2"}), "--top: given more than once; see `my-snoop --help`");
    EXPECT_EQ(refusal({"-y"}), "unexpected option '-y'; see `my-snoop --help`");
}

TEST(SizeText, TakesTheLargestUnit)
{
    EXPECT_EQ(size_text(0), "0");
    EXPECT_EQ(size_text(1000), "1000");
    EXPECT_EQ(size_text(4096), "4K");
    EXPECT_EQ(size_text(2 << 20), "2M");
    EXPECT_EQ(size_text(std::uint64_t{4096} << 30), "4096G");
}

TEST(HelpText, HasTheToolsOwnOptionsFirst)
{
    const std::string help = done({"--help"});

    EXPECT_TRUE(help.starts_with(R"(Usage: my-snoop [OPTIONS] [PATH...] [-- COMMAND [ARG...]]

Show what is mine, in a sentence that is so long that it does not fit into one
line.

Arguments:
  PATH...                     Files

Options:
  -x, --failed                Show failed attempts [too]: it's 1
  -i, --interval SECONDS      Time between two tables [default: 2]
      --rest SECONDS          Rest
      --bytes SIZE            Bytes to keep [default: 64K]
      --top N                 Print only the top N rows
      --keys N                Keys [default: 10]
      --by COLOUR             Colour: red, blue [default: blue]
      --length-of-a-very-long-name WORD
                              Words (repeatable)
  -f FILE                     A file

Filters (in the kernel; each can be repeated; '!VALUE' leaves out):
)")) << help;
    EXPECT_LT(help.find("\nFilters "), help.find("\nOutput:"));
    EXPECT_LT(help.find("\nOutput:"), help.find("\nRunning:"));
    EXPECT_TRUE(help.ends_with("\n\nExamples:\n  my-snoop -x     something\n")) << help;
    EXPECT_THAT(help, Not(HasSubstr("\n\n\n")));
    std::istringstream lines{help};
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(line.size(), 80u) << line;
}

TEST(ManOptions, AreRoff)
{
    const std::string man = done({"--generate", "man"});

    EXPECT_TRUE(man.starts_with(R"(.SH OPTIONS
.TP
\fB\-x\fR, \fB\-\-failed\fR
Show \fBx\ey\fR with \fB\-x\fR.
.IP
More.
.TP
\fB\-i\fR, \fB\-\-interval\fR \fISECONDS\fR
Every \fISECONDS\fR (\fB\-\-failed\fR).
The default is \fB2\fR.
.TP
\fB\-\-rest\fR \fISECONDS\fR
Rest.
)")) << man;
    EXPECT_THAT(man, AllOf(HasSubstr("\n\\fBred\\fR\nas roses\n"), HasSubstr("This option can be repeated.\n"),
                           HasSubstr(".SS Filters\n"), HasSubstr("\\fB\\-f\\fR \\fIFILE\\fR\n")));
}

TEST(Summary, IsOneLine)
{
    EXPECT_EQ(done({"--generate", "summary"}),
              "Show what is mine, in a sentence that is so long that it does not fit into one line.\n");
}

TEST(Completions, NameEachOptionAndItsValues)
{
    EXPECT_THAT(done({"--generate", "bash"}), AllOf(HasSubstr("-i | --interval)\n"), HasSubstr("compgen -W 'red blue'"),
                                                    HasSubstr("complete -F _my_snoop my-snoop\n"), HasSubstr(" -f ")));
    EXPECT_THAT(done({"--generate", "zsh"}),
                AllOf(HasSubstr("#compdef my-snoop\n"), HasSubstr(R"(((red\:"as roses" blue)))"),
                      HasSubstr(R"('(-x --failed)'{-x,--failed}'[Show failed attempts \[too\]\: it'\''s 1]')")));
    EXPECT_THAT(done({"--generate", "fish"}),
                AllOf(HasSubstr(" -s x -l failed -d 'Show failed attempts [too]: it\\'s 1'\n"),
                      HasSubstr("-l by -x -a \"red\\t'as roses' blue\"")));
}

// snoop-doctor reads these lines.
TEST(Trial, NamesArgumentsAndTheNetwork)
{
    const auto trial = [](auto describe) -> std::string {
        const char *argv[] = {"my-snoop", "--generate", "doctor"};
        Cli cli{3, const_cast<char **>(argv), info};
        describe(cli);
        try {
            cli.parse();
        } catch (const Done &done) {
            return done.text;
        }
        return "not done";
    };

    EXPECT_EQ(trial([](Cli &) {}), "");
    EXPECT_EQ(trial([](Cli &cli) { cli.describe_trial({"-x", "a b"}); }), "argument -x\nargument a b\n");
    EXPECT_EQ(trial([](Cli &cli) { cli.describe_trial({"lo"}, true); }), "own network\nargument lo\n");
}

} // namespace
