// SPDX-License-Identifier: BSD-2-Clause
// Finds secrets by the names before them: --redact secrets.
#include "base/redact.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;
using namespace std::string_literals;

std::string secrets_hidden(std::string_view text)
{
    Redactor redactor;
    redactor.add("--redact", "secrets");
    return redactor.text(text);
}

// In arguments, | stands for a NUL.
struct Case {
    std::string text, hidden;
};
void PrintTo(const Case &c, std::ostream *out) { *out << c.text; }

class HidesSecrets : public testing::TestWithParam<Case> {};

TEST_P(HidesSecrets, InArguments)
{
    const auto with_nuls = [](std::string text) {
        std::ranges::replace(text, '|', '\0');
        return text;
    };
    EXPECT_EQ(secrets_hidden(with_nuls(GetParam().text)), with_nuls(GetParam().hidden));
}

INSTANTIATE_TEST_SUITE_P(
    Options, HidesSecrets,
    testing::Values(Case{"db|--password=hunter2|-v", "db|--password=***|-v"},
                    Case{"db|--password=two words|-v", "db|--password=***|-v"},
                    Case{"db|--password|hunter2|-v", "db|--password|***|-v"},
                    Case{"db|-password|-x1|-v", "db|-password|***|-v"}, Case{"db|--DB-Passwd=x", "db|--DB-Passwd=***"},
                    Case{"x|--api-key|k", "x|--api-key|***"}, Case{"x|--apikey=k", "x|--apikey=***"},
                    Case{"x|--access_key=k", "x|--access_key=***"}, Case{"x|--pass|k", "x|--pass|***"},
                    Case{"keytool|-storepass|k", "keytool|-storepass|***"},
                    Case{"x|--token|--token|k", "x|--token|***|***"}, Case{"x|--password", "x|--password"},
                    Case{"x|--password=", "x|--password="}, Case{"openssl|-passin|pass:k", "openssl|-passin|pass:***"},
                    Case{"env|PGPASSWORD=k|psql", "env|PGPASSWORD=***|psql"},
                    Case{"env|AWS_SECRET_ACCESS_KEY=a/b+c=|aws", "env|AWS_SECRET_ACCESS_KEY=***|aws"},
                    Case{"mysql|-uroot|-phunter2|db", "mysql|-uroot|-p***|db"}, Case{"mysql|-p|db", "mysql|-p|db"},
                    Case{"/usr/bin/mysqldump|-pa b", "/usr/bin/mysqldump|-p***"},
                    Case{"sshpass|-p|k|ssh|h", "sshpass|-p|***|ssh|h"},
                    Case{"sshpass|-pk|ssh|h", "sshpass|-p***|ssh|h"}, Case{"curl|-u|user:pw|h", "curl|-u|user:***|h"},
                    Case{"curl|-sSuuser:pw", "curl|-sSuuser:pw"}, Case{"curl|-sSu|user:pw", "curl|-sSu|user:***"},
                    Case{"curl|-uuser:pw", "curl|-uuser:***"}, Case{"curl|--user|user:pw", "curl|--user|user:***"},
                    Case{"curl|--user=user:pw", "curl|--user=user:***"}, Case{"curl|-u|sk_test:|h", "curl|-u|***|h"},
                    Case{"curl|-u|user|h", "curl|-u|user|h"}, Case{"redis-cli|-a|k|ping", "redis-cli|-a|***|ping"},
                    Case{"ldapsearch|-w|k", "ldapsearch|-w|***"}));

INSTANTIATE_TEST_SUITE_P(Commands, HidesSecrets,
                         testing::Values(Case{"sh|-c|PGPASSWORD=k psql -h db", "sh|-c|PGPASSWORD=*** psql -h db"},
                                         Case{"sh|-c|mysql -phunter2 db", "sh|-c|mysql -p*** db"},
                                         Case{"bash|-lc|x --password hunter2 -v", "bash|-lc|x --password *** -v"},
                                         Case{"sh|-c|x --password='a b' -v", "sh|-c|x --password='***' -v"},
                                         Case{"sh|-c|x --password=a\\ b -v", "sh|-c|x --password=*** -v"},
                                         Case{"sh|-c|x --password 'a b'\"c\" -v", "sh|-c|x --password *** -v"},
                                         Case{"sh|-c|curl -d \"user=u&password=a b\" h",
                                              "sh|-c|curl -d \"user=u&password=***\" h"},
                                         Case{"sh|-c|sshpass -p k ssh h", "sh|-c|sshpass -p *** ssh h"},
                                         Case{"sh|-c|curl -u user:pw h", "sh|-c|curl -u user:*** h"}));

INSTANTIATE_TEST_SUITE_P(Headers, HidesSecrets,
                         testing::Values(Case{"curl|-H|Authorization: Bearer k|h", "curl|-H|Authorization: ***|h"},
                                         Case{"curl|-H|authorization: Basic a2s=", "curl|-H|authorization: ***"},
                                         Case{"curl|-HAuthorization: Bearer k", "curl|-HAuthorization: ***"},
                                         Case{"sh|-c|curl -H 'X-Api-Key: k' h", "sh|-c|curl -H 'X-Api-Key: ***' h"},
                                         Case{"x|GET /\nCookie: a=b; c=d\nHost: h", "x|GET /\nCookie: ***\nHost: h"},
                                         Case{"x|send bearer k now", "x|send bearer *** now"}));

INSTANTIATE_TEST_SUITE_P(
    Json, HidesSecrets,
    testing::Values(Case{R"(x|{"user":"u","password":"a b","n":1})", R"(x|{"user":"u","password":"***","n":1})"},
                    Case{R"(x|{"password" : "a\"b", "n": 1})", R"(x|{"password" : "***", "n": 1})"},
                    Case{R"(x|{\"clientSecret\":\"a b\",\"n\":1})", R"(x|{\"clientSecret\":\"***\",\"n\":1})"},
                    Case{R"(x|{"password": "a b)", R"(x|{"password": "***)"},
                    Case{"x|{'token' => 'k', 'n' => 1}", "x|{'token' => '***', 'n' => 1}"}));

INSTANTIATE_TEST_SUITE_P(
    Urls, HidesSecrets,
    testing::Values(Case{"x|postgres://u:p@h/db", "x|postgres://u:***@h/db"},
                    Case{"x|redis://:p@h", "x|redis://:***@h"},
                    Case{"git|clone|https://TOKEN@github.com/a", "git|clone|https://***@github.com/a"},
                    Case{"x|https://t0k:x-oauth-basic@h", "x|https://***@h"},
                    Case{"x|https://t0k:@h", "x|https://***@h"},
                    Case{"x|a=http://u:p@h1 b=http://u:q@h2", "x|a=http://u:***@h1 b=http://u:***@h2"},
                    Case{"x|amqp://u:p/w#1@h", "x|amqp://u:***@h"}, Case{"x|http://u:p@w@h", "x|http://u:***@h"},
                    Case{"x|https://h/?n=1&token=k", "x|https://h/?n=1&token=***"}));

INSTANTIATE_TEST_SUITE_P(Tokens, HidesSecrets,
                         testing::Values(Case{"x|ghp_0123456789abcdefghij", "x|***"},
                                         Case{"x|a=glpat-0123456789abcdefghij", "x|a=***"},
                                         Case{"x|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-", "x|***"},
                                         Case{"x|\xff--\xfe password=\xff\xfe y", "x|\xff--\xfe password=*** y"}));

class KeepsOthers : public testing::TestWithParam<std::string> {};

TEST_P(KeepsOthers, InArguments)
{
    std::string text = GetParam();
    std::ranges::replace(text, '|', '\0');
    EXPECT_EQ(secrets_hidden(text), text);
}

INSTANTIATE_TEST_SUITE_P(Arguments, KeepsOthers,
                         testing::Values("ls|-l|/etc/passwd", "ssh|-p|22|host", "PWD=/srv/u", "OLDPWD=/",
                                         "x|--bypass|a", "git|clone|ssh://git@h/a", "x|http://h:8080/@scope/pkg",
                                         "x|http://h/a@b", "x|https://[::1]:80/a@b", "x|key=value", "tar|-p|x",
                                         "mkdir|-pv|a", "", "|", "=", ":", "://", "x|ghp_short", "password",
                                         "mysql|-uroot|db", "x|http://@", "\\"));

// The time does not grow with the square of the length. What takes too long is hidden whole.
TEST(Secrets, ValuesWithinValues)
{
    for (const std::string part : {"token=", "://", "\"token=", "a://b:c", "mysql -p'", "\\\"token\\\":\\\""}) {
        std::string text;
        while (text.size() < 2 << 20)
            text += part;
        std::vector<TextSpan> spans;
        find_secrets(text, spans); // for minutes without a limit
    }
}

// Nothing reads or writes outside of the text, and spans are within it.
TEST(Secrets, AnyBytes)
{
    const std::vector<std::string> parts{
        "password", "=",     ":",    "://", "\"",     "'",    "\\",   " ",  "\0"s, "-",  "--", "@",
        "-p",       "mysql", "curl", "-u",  "bearer", "http", "\xff", "-c", "=>",  "\n", "x",  "ghp_0123456789abcdef"};
    std::mt19937 random{1};
    for (int i = 0; i < 20000; i++) {
        std::string text;
        for (auto n = random() % 12; n > 0; n--)
            text += parts[random() % parts.size()];
        std::vector<TextSpan> spans;
        find_secrets(text, spans);
        for (const TextSpan &span : spans)
            ASSERT_TRUE(span.from < span.to && span.to <= text.size()) << testing::PrintToString(text);
    }
}

} // namespace
