// SPDX-License-Identifier: BSD-2-Clause
// Replaces what regular expressions match: --redact.
#include "base/error.hpp"
#include "base/redact.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;
using namespace std::string_literals;
using Texts = std::vector<std::string>;

class Redacted {
public:
    explicit Redacted(const Texts &values)
    {
        for (const std::string &value : values)
            redactor.add("--redact", value);
    }
    [[nodiscard]] std::string text(std::string_view text) const { return redactor.text(text); }
    [[nodiscard]] std::string args(std::string_view args, bool is_cut = false) const
    {
        return redactor.arguments(args, {}, is_cut);
    }

    Redactor redactor;
};

TEST(Redact, WholeMatches)
{
    EXPECT_EQ(Redacted{{"b+"}}.text("abbbcbd"), "a***c***d");
    EXPECT_EQ(Redacted{{"^a|z$"}}.text("aaz z"), "***az ***");
    EXPECT_EQ(Redacted{{"x"}}.text("abc"), "abc");
    EXPECT_EQ(Redacted{{"x"}}.text(""), "");
    EXPECT_EQ(Redacted{{"[0-9]{4}"}}.text("pin 12345"), "pin ***5");
    EXPECT_EQ(Redacted{{"(secrets)"}}.text("secrets token=x"), "*** token=x");
}

// Their number and length is not told.
TEST(Redact, MatchesThatTouchAreOne)
{
    EXPECT_EQ(Redacted{{"a"}}.text("aaab"), "***b");
    EXPECT_EQ((Redacted{{"ab", "bc", "cd"}}.text("xabcdx")), "x***x");
}

TEST(Redact, EmptyMatchesReplaceNothing)
{
    EXPECT_EQ(Redacted{{"x*"}}.text("abxc"), "ab***c");
    EXPECT_EQ(Redacted{{"^|$"}}.text("ab"), "ab");
    EXPECT_EQ(Redacted{{"()"}}.text("ab"), "ab");
}

// An alternation is a group, too: what follows must not be shown.
TEST(Redact, FromTheFirstGroupOn)
{
    EXPECT_EQ(Redacted{{"pin=([0-9]+)"}}.text("a pin=1234 b"), "a pin=*** b");
    EXPECT_EQ(Redacted{{"(pin|code)=[0-9]+"}}.text("a pin=1234 b"), "a *** b");
    EXPECT_EQ(Redacted{{"pin=([0-9]+(-[0-9]+)*)"}}.text("pin=12-34-56 b"), "pin=*** b");
    EXPECT_EQ(Redacted{{"x|pin=([0-9])"}}.text("x pin=1"), "*** pin=***");
}

// None of the expressions sees what another one has replaced.
TEST(Redact, AllExpressionsApply)
{
    EXPECT_EQ((Redacted{{"pass", "password=[a-z]+"}}.text("password=x pass")), "*** ***");
    EXPECT_EQ((Redacted{{"secrets", "a+"}}.text("aaa --token=x")), "*** --token=***");
}

TEST(Redact, Bytes)
{
    EXPECT_EQ(Redacted{{"\xff."}}.text("a\xff\xfe\x80"), "a***\x80");
    EXPECT_EQ(Redacted{{"n.n"}}.text("n\nn"), "***");
    EXPECT_EQ(Redacted{{"\xc3\xa9"}}.text("caf\xc3\xa9!"), "caf***!");
}

TEST(Redact, CutTexts)
{
    const Redacted r{{"hunter2"}};
    EXPECT_EQ(r.redactor.cut_text("a hunter2 b hunt"), "a *** b ***");
    EXPECT_EQ(r.redactor.cut_text("hunt"), "***");
    EXPECT_EQ(r.redactor.cut_text(""), "");
    EXPECT_EQ(r.args("sh\0hunter2\0a hunt"s, true), "sh\0***\0a ***"s);
    EXPECT_EQ(r.args("sh\0hunt\0"s, true), "sh\0***\0"s);
}

// As in a row: a space between arguments. Each keeps its place.
TEST(Redact, Arguments)
{
    EXPECT_EQ(Redacted{{"--pin [0-9]+"}}.args("x\0--pin\0999\0-v\0"s), "x\0***\0***\0-v\0"s);
    EXPECT_EQ(Redacted{{"--pin ([0-9]+)"}}.args("x\0--pin\0999\0-v\0"s), "x\0--pin\0***\0-v\0"s);
    EXPECT_EQ(Redacted{{".*"}}.args("x\0\0y\0"s), "***\0\0***\0"s);
    EXPECT_EQ(Redacted{{"-v$"}}.args("-v\0-v\0"s), "-v\0***\0"s);
    EXPECT_EQ(Redacted{{"x"}}.args(""), "");
    EXPECT_EQ(Redacted{{"secrets"}}.args("x\0--password\0a b\0-v"s), "x\0--password\0***\0-v"s);
}

// ARGS shows the file in place of argv[0].
TEST(Redact, ArgumentsBehindNames)
{
    std::string file = "/bin/x", interp, other = "/bin/sh";
    const Redacted r{{"/bin/x [a-z]+"}};
    EXPECT_EQ(r.redactor.arguments("x\0abc\0d\0"s, {&file, &interp, &other}, false), "x\0***\0d\0"s);
    EXPECT_EQ(file, "***");
    EXPECT_EQ(interp, "");
    EXPECT_EQ(other, "/bin/sh");
}

TEST(Redact, Environment)
{
    const auto env = [](const Texts &values, std::string_view text) {
        return Redacted{values}.redactor.environment(text);
    };
    EXPECT_EQ(env({"secrets"}, "A=b\0PGPASSWORD=x y\0PWD=/a\0"s), "A=b\0PGPASSWORD=***\0PWD=/a\0"s);
    EXPECT_EQ(env({"PIN.*"}, "PIN=12\0B=1\0"s), "PIN=***\0B=1\0"s); // the name stays
    EXPECT_EQ(env({"x"}, "AxB=1\0C=x\0"s), "A***B=1\0C=***\0"s);
    EXPECT_EQ(env({"PIN="}, "PIN=12\0"s), "***12\0"s);
    EXPECT_EQ(env({"x"}, "x\0=x\0\0"s), "***\0=***\0\0"s);
}

struct Path {
    std::string components, rest;
    bool operator==(const Path &) const = default;
};

Path path(const Texts &values, Path path, bool is_name = false)
{
    Redacted{values}.redactor.path(path.components, path.rest, is_name);
    return path;
}

TEST(Redact, Paths)
{
    EXPECT_EQ(path({"al[a-z]*"}, {"f\0alice\0srv\0"s, ""}), (Path{"f\0***\0srv\0"s, ""}));
    EXPECT_EQ(path({"/srv/alice"}, {"f\0alice\0srv\0"s, ""}), (Path{"f\0***\0"s, ""}));
    EXPECT_EQ(path({"x"}, {"f\0"s, ""}), (Path{"f\0"s, ""}));
    EXPECT_EQ(path({"x"}, {"", ""}), (Path{"", ""}));
    EXPECT_EQ(path({"b"}, {"a\0"s, "b/c"}), (Path{"a\0"s, "***/c"}));
    EXPECT_EQ(path({"a/b"}, {"a\0"s, "b/c"}), (Path{"c\0***\0"s, "***"})); // in both
    EXPECT_EQ(path({"a/b"}, {"a/b\0"s, ""}, true), (Path{"***\0"s, ""}));
}

TEST(Redact, NamesOfTasks)
{
    const auto name = [](const std::string &regex, std::string_view from) {
        char comm[16]{};
        from.copy(comm, sizeof(comm));
        Redacted{{regex}}.redactor.name(comm);
        return std::string{comm, strnlen(comm, sizeof(comm))};
    };
    EXPECT_EQ(name("b", "abc"), "a***c");
    EXPECT_EQ(name("b", "cde"), "cde");
    EXPECT_EQ(name("a", "aXaXaXaXaXaXaXa"), "***X***X***X***"); // cut
    EXPECT_EQ(name("x", ""), "");
}

TEST(Redact, RefusesInvalidExpressions)
{
    const auto refusal = [](const std::string &value) -> std::string {
        try {
            Redacted{{value}};
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(refusal("a("), "--redact: invalid regular expression 'a(': Unmatched ( or \\(");
    EXPECT_EQ(refusal("[a"), "--redact: invalid regular expression '[a': Unmatched [, [^, [:, [., or [=");
    EXPECT_EQ(refusal(""), "--redact: the value is empty");
    EXPECT_EQ(refusal("(a)\\1"), "--redact: '(a)\\1' has a back-reference, which can take too long to match");
    EXPECT_EQ(refusal("a\\\\1"), "");
}

// Wherever a secret begins and a text is joined of two, it is found.
TEST(Redact, AtEveryOffset)
{
    const Redacted r{{"secrets", "hunter2"}};
    for (std::size_t at = 0; at < 64; at++) {
        const std::string before(at, 'x');
        EXPECT_EQ(r.args(before + "\0--token=hunter2\0"s + before), before + "\0--token=***\0"s + before);
        EXPECT_EQ(r.text(before + "hunter2" + before), before + "***" + before);
    }
}

} // namespace
