// SPDX-License-Identifier: BSD-2-Clause
// The formats, and names that would break them.
#include "jobs.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "unit/files.hpp"

#include <pty.h>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace snoop::snoop_diff {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

template <class Put> std::string written(Put put)
{
    TempDir folder;
    const std::string path = folder / "out";
    const Fd fd{open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
    Output out{fd.get()};

    put(out);
    return read_file(path);
}

Compared failing()
{
    return {rows(Ran{.id = 1, .args = {"make"}, .lasts = 9},
                 Ran{.id = 2, .parent = 1, .args = {"cc", "x.c"}, .at = 1, .lasts = 5}, Opened{2, "x.h", "", 2}),
            rows(Ran{.id = 1, .args = {"make"}, .lasts = 9, .code = 2},
                 Ran{.id = 2, .parent = 1, .args = {"cc", "x.c"}, .at = 1, .lasts = 5, .code = 1},
                 Opened{2, "x.h", "ENOENT", 2})};
}

TEST(Text, ShowsTheFirstAndThenTheOthers)
{
    const Compared compared = failing();
    const auto text = [&](TextStyle style) {
        return written([&](Output &out) { put_text(out, compared.report(), style); });
    };

    EXPECT_EQ(text({}), "A: a: 2 programs, 1 open\nB: b: 2 programs, 1 open\n"
                        "first: make > cc x.c\n    file x.h: opened in A, ENOENT in B\n"
                        "    status: exit 0 in A, exit 1 in B\n"
                        "make\n    status: exit 0 in A, exit 2 in B (a consequence)\n");
    EXPECT_THAT(text({.most = 1}), HasSubstr("ENOENT in B\n2 more: --all shows them\n"));
    EXPECT_THAT(text({.color = Color::always}), HasSubstr("\n\033[31mfirst: make > cc x.c\033[0m\n"));
}

// A line that the terminal wraps itself loses its indentation.
TEST(Text, IsWrappedAtTheWidthOfTheTerminal)
{
    const Compared compared = failing();
    const winsize size{.ws_row = 24, .ws_col = 30, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1, slave = -1;
    ASSERT_EQ(openpty(&master, &slave, nullptr, nullptr, &size), 0);
    const Fd terminal{slave}, its_end{master};
    {
        Output out{terminal.get()};
        put_text(out, compared.report(), {.color = Color::never});
    }

    char text[4096];
    const ssize_t n = read(its_end.get(), text, sizeof(text));
    ASSERT_GT(n, 0);
    EXPECT_THAT((std::string{text, static_cast<std::size_t>(n)}),
                HasSubstr("\r\n    file x.h: opened in A,\r\n        ENOENT in B\r\n"));
}

TEST(Text, SaysThatThereIsNoDifference)
{
    const Lines job = rows(Ran{.id = 1, .args = {"make"}});
    const Compared compared{job, job};

    EXPECT_EQ(written([&](Output &out) { put_text(out, compared.report(), {}); }),
              "A: a: 1 program, 0 opens\nB: b: 1 program, 0 opens\nno difference\n");
}

TEST(Json, HasOneObjectForEachAndASummary)
{
    const Compared compared = failing();
    std::istringstream lines{written([&](Output &out) { put_json(out, compared.report()); })};
    std::vector<json> all;

    for (std::string line; std::getline(lines, line);)
        all.push_back(json::parse(line));
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0], json::parse(R"({"event":"difference","kind":"file","first":true,"consequence":false,
        "processes":null,"paths":["x.h"],
        "a":{"value":"opened","exec_id":"0000000000000002","pid":10002,"time":"","ancestors":["make"],"name":"cc",
             "args":["cc","x.c"]},
        "b":{"value":"ENOENT","exec_id":"0000000000000002","pid":10002,"time":"","ancestors":["make"],"name":"cc",
             "args":["cc","x.c"]}})"));
    EXPECT_EQ(all[2]["consequence"], true);
    EXPECT_EQ(all[3]["event"], "summary");
    EXPECT_EQ(all[3]["same"], false);
    EXPECT_EQ(all[3]["differences"], 3);
    EXPECT_EQ(all[3]["by_kind"]["status"], 2);
    EXPECT_EQ(all[3]["b"], json::parse(R"({"name":"b","programs":2,"failed_execs":0,"opens":1})"));
}

TEST(Html, IsOnePageThatLoadsNothing)
{
    const Compared compared = failing();
    const std::string page = written([&](Output &out) { put_html(out, compared.report()); });

    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    EXPECT_THAT(page, HasSubstr("<tr class=\"first\"><td>make &gt; cc x.c</td><td>file x.h</td><td>opened</td>"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("http:")));
}

// A name that ends an element, one that colours a terminal or turns the direction of text, and bytes that are not text.
TEST(HostileNames, BreakNoFormat)
{
    const std::string name = "</td><script>alert(1)</script>\"'&\n\033[31m\u202e";
    const Compared compared{rows(Ran{.id = 1, .args = {"sh", name}}, Opened{1, name}),
                            rows(Ran{.id = 1, .args = {"sh", name}, .signal = name}, Opened{1, name, "ENOENT"})};
    const std::string page = written([&](Output &out) { put_html(out, compared.report()); }),
                      text = written([&](Output &out) { put_text(out, compared.report(), {}); }),
                      lines = written([&](Output &out) { put_json(out, compared.report()); });

    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    for (const std::string &each : {page, text, lines}) {
        EXPECT_THAT(each, Not(HasSubstr("\033")));
        EXPECT_THAT(each, Not(HasSubstr("\u202e")));
    }
    std::istringstream rest{lines};
    for (std::string line; std::getline(rest, line);)
        EXPECT_TRUE(json::accept(line)) << line;
}

TEST(HostileNames, LongOnesAreShortened)
{
    const std::string longest(std::size_t{2} << 20, 'x');
    const Compared compared{rows(Ran{.id = 1, .args = {"sh", longest + "a"}}),
                            rows(Ran{.id = 1, .args = {"sh", longest + "b"}})};

    for (const std::string &line : compared.lines())
        EXPECT_LT(line.size(), 1000U);
    EXPECT_EQ(compared.lines().size(), 1U);
}

} // namespace
} // namespace snoop::snoop_diff
