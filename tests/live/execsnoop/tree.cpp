// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --tree: rows below those of their ancestors, and the tree at the end, whose sums agree with wait4(2).
#include "accounting.hpp"
#include "execsnoop/execsnoop.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

namespace snoop::test {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// A row of the tree at the end.
struct TreeRow {
    pid_t pid = 0;
    std::string exit;
    double cpu_ms = 0, sum_ms = 0;
    std::uint64_t rss_kb = 0, max_kb = 0, execs = 0;
    std::string args; // with the branches before them
};

class ExecsnoopTree : public Execsnoop {
protected:
    // The command line of each row that came while the tool traced, by its COMM.
    static std::multimap<std::string, std::string> live_rows(const std::vector<std::string> &lines)
    {
        std::multimap<std::string, std::string> found;
        const std::string above = "COMM             PID     PPID    RET  ";
        for (std::size_t i = 1; i < lines.size() && !lines[i].empty(); i++)
            found.emplace(lines[i].substr(0, lines[i].find(' ')), lines[i].substr(above.size()));
        return found;
    }
    static std::vector<TreeRow> tree_of(const std::vector<std::string> &lines)
    {
        std::vector<TreeRow> rows;
        auto line = std::ranges::find_if(lines, [](const auto &l) { return l.starts_with("PID     EXIT"); });
        if (line == lines.end())
            return rows;
        for (++line; line != lines.end() && !line->starts_with('#'); ++line) {
            const auto number = [](const std::string &text) { return text == "-" ? 0.0 : std::stod(text); };
            TreeRow row;
            std::string ran, cpu, sum, rss, max;
            std::istringstream words{*line};
            words >> row.pid >> row.exit >> ran >> cpu >> sum >> rss >> max >> row.execs;
            row.cpu_ms = number(cpu);
            row.sum_ms = number(sum);
            row.rss_kb = static_cast<std::uint64_t>(number(rss));
            row.max_kb = static_cast<std::uint64_t>(number(max));
            words.get();
            std::getline(words, row.args);
            rows.push_back(row);
        }
        return rows;
    }
    // A shell with a subshell, which runs two programs and ends, and in the end another program.
    [[nodiscard]] std::string script() const
    {
        return fmt::format("({} 1; {} 2 | {} 3) & wait; exec {} 4", one, two, three, four);
    }

    const std::string one = dir.program("one"), two = dir.program("two"), three = dir.program("three"),
                      four = dir.program("four", 5);
};

TEST_F(ExecsnoopTree, IndentsWhatASubshellRuns)
{
    ToolRun tool{"execsnoop", {"--tree", "--", "/bin/sh", "-c", script()}};
    EXPECT_EQ(tool.wait(), 5);
    const auto rows = live_rows(tool.lines());

    ASSERT_THAT(rows, SizeIs(5)) << tool.out();
    EXPECT_THAT(rows.find("sh")->second, StartsWith("/bin/sh -c "));
    EXPECT_EQ(rows.find("one")->second, "`- " + one + " 1");
    EXPECT_EQ(rows.find("two")->second, "`- " + two + " 2");
    EXPECT_EQ(rows.find("three")->second, "`- " + three + " 3");
    EXPECT_EQ(rows.find("four")->second, "-> " + four + " 4");
}

TEST_F(ExecsnoopTree, EndsWithTheTreeOfTheCommand)
{
    ToolRun tool{"execsnoop", {"--tree", "--", "/bin/sh", "-c", script()}};
    EXPECT_EQ(tool.wait(), 5);
    const auto rows = tree_of(tool.lines());

    ASSERT_THAT(rows, SizeIs(4)) << tool.out();
    EXPECT_EQ(rows[0].args, "sh -> " + four + " 4");
    EXPECT_EQ(rows[0].exit, "5");
    EXPECT_EQ(rows[0].execs, 5u);
    EXPECT_EQ(rows[1].args, "|- " + one + " 1");
    // The two of the pipe start in any order.
    EXPECT_THAT(rows[2].args, AnyOf("|- " + two + " 2", "|- " + three + " 3"));
    EXPECT_THAT(rows[3].args, AnyOf("`- " + two + " 2", "`- " + three + " 3"));
    double sum = 0;
    std::uint64_t largest = 0;
    for (const TreeRow &row : rows) {
        EXPECT_GT(row.cpu_ms, 0) << row.args;
        EXPECT_GT(row.rss_kb, 0u) << row.args;
        sum += row.cpu_ms;
        largest = std::max(largest, row.rss_kb);
    }
    EXPECT_NEAR(rows[0].sum_ms, sum, 0.005); // each is cut to three digits
    EXPECT_EQ(rows[0].max_kb, largest);
    EXPECT_THAT(tool.lines().back(), StartsWith("# total: 4 processes, 5 execs, CPU "));
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 5u);
}

// Runs a script, and writes the CPU time that wait4() returns for it, in ms.
const Load measured{"tree_measured", [](const Args &args) {
                        const pid_t pid = fork();
                        if (pid == 0)
                            exec_now({.path = "/bin/sh", .argv = {"sh", "-c", args.at(0)}});
                        int status = 0;
                        rusage usage{};
                        if (wait4(pid, &status, 0, &usage) != pid)
                            return 1;
                        const auto ms = [](const timeval &t) {
                            return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
                        };
                        std::ofstream{args.at(1)} << pid << ' ' << ms(usage.ru_utime) + ms(usage.ru_stime) << '\n';
                        return 0;
                    }};

// Most of the time is that of a subshell, which calls no exec, below another one.
TEST_F(ExecsnoopTree, SumsAgreeWithWait4)
{
    const std::string path = dir.at("measured"), busy = "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done",
                      subshells = "(" + busy + "; (" + busy + "); " + one + "); ";
    ToolRun tool{
        "execsnoop", {"--tree", "--", Load::self(), subshells + subshells + script(), path}, {.env = measured.env()}};
    EXPECT_EQ(tool.wait(), 0);

    pid_t pid = 0;
    double ms = 0;
    std::ifstream{path} >> pid >> ms;
    ASSERT_GT(ms, 0);
    const auto rows = tree_of(tool.lines());
    const auto row = std::ranges::find(rows, pid, &TreeRow::pid);
    ASSERT_NE(row, rows.end()) << tool.out();
    // wait4() may return before the last context switch of a process.
    EXPECT_NEAR(row->sum_ms, ms, ms / 50 + 1);
    EXPECT_EQ(row->execs, 7u);
    EXPECT_GE(rows.front().sum_ms, row->sum_ms);
    EXPECT_TRUE(row->args.starts_with("`- sh -> ")) << row->args;
}

// The tree is printed when tracing ends, and the tool then waits for the command.
TEST_F(ExecsnoopTree, ShowsWhatStillRuns)
{
    const std::string fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    ToolRun tool{"execsnoop", {"--tree", "-c", "2", "--", "/bin/sh", "-c", one + "; read x <\"$0\"; " + two, fifo}};

    const std::string total = tool.line_with("# total: ");
    EXPECT_THAT(total, StartsWith("# total: 2 processes, 2 execs, "));
    write_file(fifo, "go\n");
    EXPECT_EQ(tool.wait(), 0);
    const auto rows = tree_of(tool.lines());
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    EXPECT_EQ(rows[0].exit, "running");
}

TEST_F(ExecsnoopTree, EndsWithATreeAfterASignal)
{
    ToolRun tool{"execsnoop", of_children({"--tree", "--exit"})};
    const std::string mark = marker();
    const Ended done = run({.path = four, .argv = {"four", mark}});
    EXPECT_EQ(tool.line_with(mark), text_row("four", done.pid, getpid(), 0, four + " " + mark));
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tree_of(tool.lines());
    ASSERT_THAT(rows, SizeIs(1)) << tool.out();
    EXPECT_EQ(rows[0].pid, done.pid);
    EXPECT_EQ(rows[0].exit, "5");
    EXPECT_EQ(rows[0].args, four + " " + mark);
}

TEST_F(ExecsnoopTree, HasNoEndWithoutExitOrACommand)
{
    ToolRun tool{"execsnoop", of_children({"--tree"})};
    const std::string mark = marker();
    EXPECT_EQ(run({.path = one, .argv = {"one", mark}}).status, 0);
    tool.line_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.lines(), SizeIs(2));
}

TEST_F(ExecsnoopTree, IsTheSameInAReplay)
{
    const std::string recording = dir.at("recording");
    ToolRun tool{"execsnoop", {"--tree", "--record", recording, "--", "/bin/sh", "-c", script()}};
    EXPECT_EQ(tool.wait(), 5);
    const Outcome again = run_tool("execsnoop", {"--replay", recording, "--tree", "--exit"});
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.out, tool.out());
}

// Filters take the processes that a program forks with the program.
TEST_F(ExecsnoopTree, FiltersTakeTheForksToo)
{
    const std::string busy = "(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done); ";
    ToolRun tool{"execsnoop", {"--tree", "-n", "one", "--", "/bin/sh", "-c", busy + one}};
    EXPECT_EQ(tool.wait(), 0);
    const auto rows = tree_of(tool.lines());
    ASSERT_THAT(rows, SizeIs(1)) << tool.out();
    EXPECT_EQ(rows[0].args, one);
    EXPECT_EQ(rows[0].sum_ms, rows[0].cpu_ms);
}

// A build in parallel: each compiler below the shell or make that ran it.
TEST_F(ExecsnoopTree, OfABuild)
{
    SNOOP_NEEDS(compilers);
    std::string objects, rules;
    for (int i = 0; i < 8; i++) {
        const std::string name = fmt::format("f{}", i);
        dir.file(name + ".c", fmt::format("int f{}(void) {{ return {}; }}\n", i, i));
        objects += " " + name + ".o";
    }
    dir.file("main.c", "int main(void) { return 0; }\n");
    rules = "prog: main.o" + objects + "\n\t(echo linking >/dev/null); gcc -o $@ $^\n%.o: %.c\n\tgcc -c -o $@ $<\n";
    dir.file("Makefile", rules);
    const std::string path = dir.at("measured"), folder = path.substr(0, path.rfind('/')),
                      make = fmt::format("export PATH=/usr/bin:/bin; cd {} && exec make -s -j4", folder);
    ToolRun tool{"execsnoop", {"--tree", "--", Load::self(), make, path}, {.env = measured.env()}};
    EXPECT_EQ(tool.wait(), 0);

    pid_t pid = 0;
    double ms = 0;
    std::ifstream{path} >> pid >> ms;
    const auto rows = tree_of(tool.lines());
    const auto row = std::ranges::find(rows, pid, &TreeRow::pid);
    ASSERT_NE(row, rows.end()) << tool.out();
    EXPECT_NEAR(row->sum_ms, ms, ms / 50 + 1);
    EXPECT_EQ(std::ranges::count_if(rows, [](const TreeRow &r) { return r.args.find("/cc1 ") != r.args.npos; }), 9);
    for (const TreeRow &r : rows) {
        EXPECT_EQ(r.exit, "0");
        if (r.args.find("/cc1 ") != r.args.npos) {
            EXPECT_GE(r.args.find("- /"), 6u) << r.args; // below make and gcc
        }
    }
}

} // namespace
} // namespace snoop::test
