// SPDX-License-Identifier: BSD-2-Clause
// Quoting for a shell: a real shell must read back the same bytes.
#include "base/escape.hpp"

#include "unit/random.hpp"
#include "unit/run.hpp"

#include <gtest/gtest.h>

namespace {

using namespace snoop;

std::string shell_word(std::string_view bytes)
{
    Buffer out;
    append_quoted(out, bytes);
    return {out.data(), out.size()};
}

TEST(Quoted, KeepsPlainWords)
{
    for (const std::string word : {"ls", "/usr/bin/x86_64-linux-gnu-g++-12", "-I/usr/include", "--color=auto",
                                   "a,b:c@d%e", "0", "HELLO_world^2"})
        EXPECT_EQ(shell_word(word), word);
}

TEST(Quoted, SimpleQuotesWhereEnough)
{
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("a b"), "'a b'");
    EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
    EXPECT_EQ(shell_word("`id`;x|y&z>q<p"), "'`id`;x|y&z>q<p'");
    EXPECT_EQ(shell_word("\"!*?[]{}()#~"), "'\"!*?[]{}()#~'");
    EXPECT_EQ(shell_word("~"), "'~'");
    EXPECT_EQ(shell_word("Gr\u00f6\u00dfe"), "'Gr\u00f6\u00dfe'");
}

TEST(Quoted, EscapesWhereNeeded)
{
    EXPECT_EQ(shell_word("it's"), "$'it\\'s'");
    EXPECT_EQ(shell_word("a\\b"), "$'a\\\\b'");
    EXPECT_EQ(shell_word("a\nb"), "$'a\\nb'");
    EXPECT_EQ(shell_word("\x1b"), "$'\\x1b'");
    EXPECT_EQ(shell_word("\xff"), "$'\\xff'");
    EXPECT_EQ(shell_word("\u202e"), "$'\\xe2\\x80\\xae'");
}

// zsh expands =ls to the path of ls.
TEST(Quoted, LeadingEqualsSign) { EXPECT_EQ(shell_word("=ls"), "'=ls'"); }

TEST(Quoted, AppendsToTheBuffer)
{
    Buffer out;
    append(out, "x ");
    append_quoted(out, "a b");
    append(out, " ");
    append_quoted(out, "it's");
    EXPECT_EQ(std::string_view(out.data(), out.size()), "x 'a b' $'it\\'s'");
}

class QuotedInBash : public testing::TestWithParam<const char *> {};

TEST_P(QuotedInBash, GivesTheSameBytes)
{
    RandomBytes random{4711};
    std::string script = "printf '%s\\0'", expected;

    for (int i = 0; i < 255; i++) { // each byte alone, and before a hexadecimal digit
        for (const std::string tail : {"", "a"}) {
            const std::string word = static_cast<char>(i + 1) + tail;
            script += " " + shell_word(word);
            expected += word + '\0';
        }
    }
    for (int i = 0; i < 3000; i++) {
        const std::string word = random.string_without_nul(30);
        script += " " + shell_word(word);
        expected += word + '\0';
    }
    ASSERT_EQ(script.find('\n'), std::string::npos);

    const Finished bash = run_program({"bash", "--norc"}, {{{"LC_ALL", GetParam()}}, script + "\n", -1});
    EXPECT_EQ(bash.err, "");
    EXPECT_EQ(bash.exit, 0);
    EXPECT_TRUE(bash.out == expected) << "bash read other bytes";
}

INSTANTIATE_TEST_SUITE_P(Locale, QuotedInBash, testing::Values("C.UTF-8", "C"),
                         [](const auto &locale) { return locale.param == std::string{"C"} ? "C" : "Utf8"; });

} // namespace
