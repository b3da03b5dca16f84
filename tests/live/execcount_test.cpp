// SPDX-License-Identifier: BSD-2-Clause
// execcount on this kernel: exact counts, each key, each filter, blocks and JSON, and the
// table on a real terminal.
#include "bpf_objects.hpp"
#include "counts.hpp"
#include "exec_ways.hpp"
#include "hooks.hpp"
#include "load.hpp"
#include "maps.hpp"
#include "terminal.hpp"
#include "tool_run.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class Execcount : public testing::Test {
protected:
    static Args json_of_children(const Args &more = {})
    {
        Args args{"-o", "json", "-i", "1000", "-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    void execute(const std::string &path, int times = 1) const
    {
        for (int i = 0; i < times; i++)
            EXPECT_EQ(run({.path = path}).status, 0);
    }
    // What is counted of that which `body` does.
    Counts counted(const Args &args, const std::function<void()> &body) const
    {
        ToolRun tool{"execcount", args};
        body();
        EXPECT_EQ(tool.stop(), 0);
        auto accounting = expect_counts_balance(tool.err());
        const Counts counts = counts_in(tool.rows());
        EXPECT_EQ(accounting["counted"] + accounting["other"], sum(counts));
        return counts;
    }

    TempDir dir;
    const std::string program = dir.program("prog");
};

// ---- exact ---------------------------------------------------------------------------

// Executes its first argument as often as the second one says, on the processor that the
// third one names.
const Load execute_often{"execute_often", [](const Args &args) {
                             cpu_set_t one;
                             CPU_ZERO(&one);
                             CPU_SET(std::stoul(args.at(2)), &one);
                             sched_setaffinity(0, sizeof(one), &one); // fails with one processor
                             char *const argv[] = {const_cast<char *>(args.at(0).c_str()), nullptr};
                             char *const no_env[] = {nullptr};
                             for (int i = std::stoi(args.at(1)); i > 0; i--) {
                                 int status = 0;
                                 const pid_t pid = vfork();
                                 if (pid == 0) {
                                     execve(argv[0], argv, no_env);
                                     _exit(1);
                                 }
                                 if (waitpid(pid, &status, 0) != pid || status != 0)
                                     return 1;
                             }
                             return 0;
                         }};

TEST_F(Execcount, TenThousandOfTwoUsersOnTwoProcessors)
{
    constexpr int each = 5000;
    ToolRun tool{"execcount", {"-o", "json", "-i", "0.05", "-n", "prog", "-u", "1000", "--uid", "1001"}};
    {
        std::vector<Process> load;
        for (const unsigned user : {0u, 1u})
            load.emplace_back([&, user] {
                become(1000 + user, 1000);
                exec_now(execute_often.exec({program, std::to_string(each), std::to_string(user)}));
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_EQ(tool.stop(), 0);

    EXPECT_THAT(counts_in(tool.rows()), UnorderedElementsAre(Pair("1000", each), Pair("1001", each)));
    // Snapshots in between: what they add up to is the same, and no total ever falls.
    Counts added, last;
    for (const Json &row : tool.rows()) {
        const std::string key = row["key"];
        added[key] += row["delta"].get<std::uint64_t>();
        EXPECT_THAT(row["count"].get<std::uint64_t>(), Ge(last[key]));
        last[key] = row["count"];
    }
    EXPECT_EQ(added, last);
    EXPECT_EQ(expect_counts_balance(tool.err())["lost"], 0u);
}

TEST_F(Execcount, AFullMapStillSumsRight)
{
    ToolRun tool{"execcount", json_of_children({"--by", "path", "--max-keys", "4"})};

    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 10; i++)
            execute(round ? dir.at(fmt::format("p{}", i)) : dir.program(fmt::format("p{}", i)));
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(5)) << tool.out();
    EXPECT_EQ(rows.back()["key"], "other");
    EXPECT_EQ(rows.back()["other"], true);
    EXPECT_EQ(rows.back()["count"], 18);
    EXPECT_EQ(sum(counts_in(rows)), 30u);
    auto accounting = expect_counts_balance(tool.err());
    EXPECT_EQ(accounting["counted"], 12u);
    EXPECT_EQ(accounting["other"], 18u);
}

TEST_F(Execcount, AFullMapIsSaidInText)
{
    ToolRun tool{"execcount",
                 {"--by", "path", "--max-keys", "1", "-i", "1000", "-P", std::to_string(getpid()), "--strict"}};

    execute(program);
    execute(dir.program("second"), 2);
    EXPECT_EQ(tool.stop(), 1); // --strict
    EXPECT_THAT(tool.out(), HasSubstr("\n# total 3, "));
    EXPECT_THAT(tool.out(), HasSubstr("\n# other 2: --max-keys was reached\n"));
}

// More keys than one read takes, in each way to read.
TEST_F(Execcount, EveryWayToReadTheCounters)
{
    constexpr int names = 600;
    std::vector<std::string> paths;
    for (int i = 0; i < names; i++) {
        paths.push_back(dir.at(fmt::format("link{}", i)));
        ASSERT_EQ(link(program.c_str(), paths.back().c_str()), 0);
    }
    ToolRun single{"execcount", json_of_children({"--by", "path", "--reads", "single"})};
    std::optional<ToolRun> batch;
    if (!lacks(Hook::batch))
        batch.emplace("execcount", json_of_children({"--by", "path", "--reads", "batch"}));
    Counts expected;
    for (const auto &path : paths) {
        execute(path);
        expected[path]++;
    }
    EXPECT_EQ(single.stop(), 0);
    Counts counts = counts_in(single.rows());
    counts.erase(tool_path("execcount")); // the second one, which was started later
    EXPECT_EQ(counts, expected);
    if (batch) {
        EXPECT_EQ(batch->stop(), 0);
        EXPECT_EQ(counts_in(batch->rows()), expected);
    } else {
        EXPECT_EQ(run_tool("execcount", {"--reads", "batch"}).code, 3);
    }
}

// ---- keys ----------------------------------------------------------------------------

TEST_F(Execcount, ByUid)
{
    ToolRun tool{"execcount", json_of_children()};

    execute(program, 2);
    in_child([&] {
        become(4'000'000'001, 1000);
        exec_now({.path = program});
    });
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    Json first = rows[0];
    EXPECT_TRUE(first["time"].is_string() && first["rate"].is_number());
    first.erase("time");
    first.erase("rate");
    EXPECT_EQ(first, (Json{{"event", "count"},
                           {"by", "uid"},
                           {"key", "0"},
                           {"uid", 0},
                           {"user", "root"},
                           {"errno", nullptr},
                           {"cgroup_id", nullptr},
                           {"count", 2},
                           {"delta", 2},
                           {"other", false}}));
    EXPECT_EQ(rows[1]["uid"], 4'000'000'001);
    EXPECT_EQ(rows[1]["user"], nullptr);
}

TEST_F(Execcount, ByComm)
{
    const std::string odd = "a\nb 7 \x1b[1m";
    const std::string path = dir.program(odd);

    EXPECT_THAT(counted(json_of_children({"--by", "comm"}),
                        [&] {
                            execute(program, 2);
                            execute(path);
                        }),
                UnorderedElementsAre(Pair("prog", 2), Pair(odd, 1)));
    // Nor does it forge a row in text.
    ToolRun text{"execcount", {"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())}};
    execute(path);
    EXPECT_EQ(text.stop(), 0);
    ASSERT_THAT(text.lines(), SizeIs(5)) << text.out();
    EXPECT_THAT(text.lines()[2], HasSubstr("a\\nb\\x207\\x20\\x1b[1m "));
}

TEST_F(Execcount, ByPath)
{
    const std::string longest = dir.folder(std::string(250, 'd')) + "/prog";
    ASSERT_EQ(link(program.c_str(), longest.c_str()), 0);

    EXPECT_THAT(counted(json_of_children({"--by", "path"}),
                        [&] {
                            execute(program, 3);
                            execute(longest, 2);
                        }),
                UnorderedElementsAre(Pair(program, 3), Pair("..." + longest.substr(longest.size() - 255), 2)));
}

TEST_F(Execcount, ByParent)
{
    char own[16]{};
    prctl(PR_GET_NAME, own);
    EXPECT_THAT(counted(json_of_children({"--by", "parent"}), [&] { execute(program, 2); }), ElementsAre(Pair(own, 2)));
}

TEST_F(Execcount, ByCgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup one;
    ToolRun tool{"execcount", json_of_children({"--by", "cgroup", "--cgroup", one.path()})};

    in_child([&] {
        one.enter();
        exec_now({.path = program});
    });
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["key"], one.path().substr(cgroup2_mount()->size()));
    EXPECT_EQ(tool.rows()[0]["cgroup_id"], one.id());
}

void expect_failures(const Execcount &, const std::string &program, const std::string &probe)
{
    const auto make = [&] {
        EXPECT_EQ(run({.path = program}).status, 0);
        for (const char *path : {"/no/such/file", "/no/such/file", "/"})
            in_child([&] { exec_now({.path = path}); });
        in_child([&] { _exit(exec_at(AT_FDCWD, "/no/such/file", {"x"}, 0)); });
    };
    const auto counts = [&](const std::string &by) {
        ToolRun tool{"execcount",
                     {"-o", "json", "-i", "1000", "-P", std::to_string(getpid()), "-x", "--probe", probe, "--by", by}};
        make();
        EXPECT_EQ(tool.stop(), 0);
        expect_counts_balance(tool.err());
        return tool.rows();
    };

    std::map<std::string, Json> errors;
    for (const Json &row : counts("ret"))
        errors[row["key"]] = row;
    EXPECT_EQ(errors.size(), 3u);
    EXPECT_EQ(errors["0"]["count"], 1);
    EXPECT_EQ(errors["0"]["errno"], nullptr);
    EXPECT_EQ(errors["-2"]["count"], 3);
    EXPECT_EQ(errors["-2"]["errno"], "ENOENT");
    EXPECT_EQ(errors["-13"]["count"], 1);
    EXPECT_THAT(counts_in(counts("path")),
                UnorderedElementsAre(Pair(program, 1), Pair("/no/such/file", 3), Pair("/", 1)));
}

TEST_F(Execcount, FailuresByTracepoint)
{
    SNOOP_NEEDS(tracefs);
    expect_failures(*this, program, "tracepoint");
}

TEST_F(Execcount, FailuresByTheExitOfEveryCall) { expect_failures(*this, program, "raw_tp"); }

TEST_F(Execcount, FailuresOf32BitCallsAreCountedToo)
{
    SNOOP_NEEDS(ia32);
    SNOOP_NEEDS(tracefs);
    for (const char *probe : {"auto", "tracepoint", "raw_tp"})
        EXPECT_THAT(counted(json_of_children({"-x", "--probe", probe, "--by", "ret"}),
                            [&] { in_child([&] { _exit(exec_32bit("/no/such/file", {"x"})); }); }),
                    ElementsAre(Pair("-2", 1)))
            << probe;
}

TEST_F(Execcount, WithoutXFailuresAreNotCounted)
{
    EXPECT_THAT(counted(json_of_children({"--by", "ret"}),
                        [&] {
                            in_child([] { exec_now({.path = "/no/such/file"}); });
                            execute(program);
                        }),
                ElementsAre(Pair("0", 1)));
}

// ---- filters, both ways ----------------------------------------------------------------

TEST_F(Execcount, Filters)
{
    const auto as = [&](uid_t uid, const std::string &path) {
        in_child([&] {
            become(uid, uid);
            exec_now({.path = path});
        });
    };
    const std::string other = dir.program("other");
    const auto both = [&] {
        as(1000, program);
        as(0, other);
    };
    const auto only = [&](Args args) {
        args.insert(args.begin(), {"-o", "json", "-i", "1000", "--by", "comm"});
        return counted(args, both);
    };
    const User user = ordinary_user();

    EXPECT_THAT(only({"-u", "1000", "-P", std::to_string(getpid())}), ElementsAre(Pair("prog", 1)));
    EXPECT_THAT(only({"--uid", "0", "-n", "prog", "-n", "other"}), ElementsAre(Pair("other", 1)));
    EXPECT_THAT(only({"-u", "0", "-u", "1000", "-P", std::to_string(getpid())}), SizeIs(2));
    EXPECT_THAT(only({"--comm", "other"}), ElementsAre(Pair("other", 1)));
    EXPECT_THAT(only({"--ppid", "1", "-n", "prog"}), IsEmpty());
    EXPECT_THAT(counted({"-o", "json", "-i", "1000", "-u", user.name, "-n", "prog"},
                        [&] {
                            as(user.uid, program);
                            as(user.uid + 1, program);
                        }),
                ElementsAre(Pair(std::to_string(user.uid), 1)));
}

TEST_F(Execcount, ByPidFilter)
{
    Gate gate;
    const auto held = [&](const std::string &path) {
        return Process{[&gate, path] {
            gate.wait();
            exec_now({.path = path});
        }};
    };
    Process one = held(program), two = held(dir.program("second"));
    EXPECT_THAT(counted({"-o", "json", "-i", "1000", "--by", "comm", "-p", std::to_string(one.pid())},
                        [&] {
                            gate.open();
                            one.wait();
                            two.wait();
                        }),
                ElementsAre(Pair("prog", 1)));
}

// The filter's set of users is a map by the name uid_filter; bpftool edits it.
TEST_F(Execcount, AFilterThatIsEditedWhileItRuns)
{
    const auto as = [&](uid_t uid) {
        in_child([&] {
            become(uid, uid);
            exec_now({.path = program});
        });
    };
    ToolRun tool{"execcount", json_of_children({"-u", "1000"})};
    const Args key{"key", "233", "3", "0", "0"}; // 1001
    const auto bpftool = [&](const std::string &action, const Args &more) {
        Args args = key;
        args.insert(args.end(), more.begin(), more.end());
        bpftool_map(tool.pid(), "uid_filter", action, args);
    };

    as(1000);
    as(1001); // not yet
    bpftool("update", {"value", "1"});
    as(1001);
    as(1001);
    bpftool("delete", {});
    as(1001); // no more
    as(1000);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(counts_in(tool.rows()), UnorderedElementsAre(Pair("1000", 2), Pair("1001", 2)));
    expect_counts_balance(tool.err());
}

TEST_F(Execcount, OfACommand)
{
    ToolRun tool{"execcount", {"-o", "json", "--by", "comm", "--", "/bin/sh", "-c", program + "; " + program}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(counts_in(tool.rows())["prog"], 2u) << tool.out();
    EXPECT_THAT(tool.err(), HasSubstr("execcount: /bin/sh exited with 0\n"));
    expect_counts_balance(tool.err());
}

// ---- the table -------------------------------------------------------------------------

TEST_F(Execcount, ABlock)
{
    constexpr const char *head = R"(# \d\d:\d\d:\d\d, \d+\.\d s, by count)";
    ToolRun tool{"execcount", {"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())}};

    execute(program, 3);
    execute(dir.program("second"));
    EXPECT_EQ(tool.stop(), 0);
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(6)) << tool.out();
    EXPECT_TRUE(matches(lines[0], head)) << lines[0];
    EXPECT_EQ(lines[1], "COMM        COUNT    PER-SEC  SHARE BAR");
    EXPECT_TRUE(matches(lines[2], R"(prog            3 +\d+\.\d  75\.0% #{20})")) << lines[2];
    EXPECT_TRUE(matches(lines[3], R"(second          1 +\d+\.\d  25\.0% #{7})")) << lines[3];
    EXPECT_TRUE(matches(lines[4], R"(# total 4, \d+\.\d a second)")) << lines[4];
    EXPECT_EQ(lines[5], "");
}

TEST_F(Execcount, TopAndSort)
{
    const std::string zebra = dir.program("zebra"), ant = dir.program("ant");
    const auto comms = [&](const Args &more) {
        Args args{"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())};
        args.insert(args.end(), more.begin(), more.end());
        ToolRun tool{"execcount", args};
        execute(zebra, 3);
        execute(ant);
        execute(program, 2);
        EXPECT_EQ(tool.stop(), 0);
        std::vector<std::string> names;
        for (const auto &line : tool.lines())
            if (!line.empty() && !line.starts_with('#') && !line.starts_with("COMM"))
                names.push_back(line.substr(0, line.find(' ')));
        if (tool.out().find("# 1 more keys") != std::string::npos)
            names.emplace_back("and one more");
        return names;
    };

    EXPECT_THAT(comms({}), ElementsAre("zebra", "prog", "ant"));
    EXPECT_THAT(comms({"--sort", "rate"}), ElementsAre("zebra", "prog", "ant"));
    EXPECT_THAT(comms({"--sort", "key"}), ElementsAre("ant", "prog", "zebra"));
    EXPECT_THAT(comms({"--top", "2"}), ElementsAre("zebra", "prog", "and one more"));
}

TEST_F(Execcount, ABlockForEachInterval)
{
    ToolRun tool{"execcount", {"-i", "0.1", "--by", "comm", "-n", "prog"}};

    execute(program);
    tool.line_with("prog ");
    execute(program);
    tool.line_where([](const std::string &line) { return line.starts_with("prog          2 "); });
    EXPECT_EQ(tool.stop(), 0);
    expect_counts_balance(tool.err());
}

TEST_F(Execcount, OnceAndDuration)
{
    const Outcome once = run_tool("execcount", {"--once", "-i", "0.05", "-o", "json", "--by", "comm", "--", "/bin/sh",
                                                "-c", program + "; exec sleep 1000"});
    EXPECT_EQ(once.code, 0);
    const Outcome time = run_tool("execcount", {"-d", "0.05", "-i", "1000", "-n", "nobody-has-this"});
    EXPECT_EQ(time.code, 0);
    ASSERT_THAT(time.lines(), SizeIs(4)) << time.out;
    EXPECT_THAT(time.lines()[2], HasSubstr("# total 0, 0.0 a second"));
}

TEST_F(Execcount, TheReaderOfThePipeLeaves)
{
    ToolRun tool{"execcount", {"-i", "0.05"}};

    tool.line_with("# total");
    tool.close_out();
    EXPECT_EQ(tool.wait(), 0);
}

TEST_F(Execcount, SignalsLoseNoCount)
{
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        ToolRun tool{"execcount", json_of_children()};
        execute(program, 20);
        EXPECT_EQ(tool.stop(signal), 0);
        EXPECT_THAT(counts_in(tool.rows()), ElementsAre(Pair("0", 20)));
    }
}

TEST_F(Execcount, VerboseSaysHow)
{
    ToolRun tool{"execcount", {"-v", "-x", "--probe", "raw_tp"}};
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(tool.err(), HasSubstr("execcount: probe: successes by raw_tp/sched_process_exec\n"));
    EXPECT_THAT(tool.err(), HasSubstr("execcount: probe: failures by raw_tp/sys_exit, as --probe asks\n"));
    EXPECT_THAT(tool.err(), HasSubstr(lacks(Hook::batch) ? "read one by one" : "read in batches"));
}

// ---- on a terminal ---------------------------------------------------------------------

class OnATerminal : public Execcount {
protected:
    [[nodiscard]] Args command(const Args &more = {}) const
    {
        // Not by the parent: tmux, too, is started by the test.
        Args args{tool_path("execcount"), "-i", "0.1", "--by", "comm", "-n", "prog", "-n", "ant"};
        if (const char *btf = std::getenv("SNOOP_BTF"))
            args.insert(args.end(), {"--btf", btf});
        args.insert(args.end(), more.begin(), more.end());
        return args;
    }
    static bool is_sorted_by(const std::string &line, const char *what)
    {
        return line.find(fmt::format("by {}", what)) != std::string::npos;
    }
};

TEST_F(OnATerminal, ItRedrawsInPlaceAndEndsByQ)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{70, 12, command()};
    terminal.wait_for("# total 0");

    execute(program, 3);
    execute(dir.program("ant"));
    terminal.wait_for("# total 4");
    const auto lines = terminal.lines();
    ASSERT_THAT(lines, SizeIs(Ge(5)));
    EXPECT_THAT(lines[0], testing::StartsWith("# "));
    EXPECT_THAT(lines[1], testing::StartsWith("COMM "));
    EXPECT_THAT(lines[2], testing::StartsWith("prog "));
    EXPECT_THAT(lines[2], testing::EndsWith("##########"));
    EXPECT_THAT(lines[2], SizeIs(70)); // the largest bar fills the window
    EXPECT_THAT(lines[3], testing::StartsWith("ant "));

    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    // What it showed last stays, and the terminal is as it was.
    terminal.wait_for("execcount: seen ");
    terminal.wait_for("# total 4");
}

TEST_F(OnATerminal, CClearsAndSSorts)
{
    SNOOP_NEEDS(tmux);
    Terminal terminal{70, 12, command()};
    terminal.wait_for("# total 0");

    execute(program, 3);
    execute(dir.program("ant"));
    terminal.wait_for("# total 4");
    terminal.wait_for("by count");
    terminal.press("s");
    terminal.wait_for("by rate");
    terminal.press("s");
    terminal.wait_for("by key");
    EXPECT_THAT(terminal.lines()[2], testing::StartsWith("ant "));
    terminal.press("s");
    terminal.wait_for("by count");
    terminal.press("c");
    terminal.wait_for("# total 0");
    execute(program);
    terminal.wait_for("# total 1");
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    terminal.wait_for("counted 5"); // the accounting know of no clearing
}

TEST_F(OnATerminal, ItFitsTheWindow)
{
    SNOOP_NEEDS(tmux);
    Args names{"--sort", "key"};
    for (int i = 0; i < 12; i++)
        names.insert(names.end(), {"-n", fmt::format("p{:02}", i)});
    Terminal terminal{70, 20, command(names)};
    terminal.wait_for("# total 0");

    for (int i = 0; i < 12; i++)
        execute(dir.program(fmt::format("p{:02}", i)));
    terminal.wait_for("p11");
    terminal.resize(50, 10);
    terminal.wait_for("# 7 more keys");
    const auto lines = terminal.lines();
    EXPECT_THAT(lines, SizeIs(Le(10)));
    EXPECT_THAT(lines, Each(SizeIs(Le(50))));
    EXPECT_THAT(lines[2], testing::StartsWith("p00 "));
    terminal.resize(90, 20);
    terminal.wait_for("p11");
    EXPECT_THAT(terminal.lines()[2], SizeIs(90));
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
}

// ---- bad input ---------------------------------------------------------------------------

TEST(ExeccountUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("execcount", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({"--by", "colour"}, "--by: invalid value 'colour': give one of uid, comm, path, parent, cgroup, ret");
    for (const char *interval : {"0", "-1", "nan", "1s", "inf"})
        refused({"-i", interval}, fmt::format("--interval: invalid time '{}': give seconds above 0", interval));
    refused({"--top", "0"}, "--top: invalid count '0': give a number from 1");
    refused({"--top", "-1"}, "--top: invalid count '-1'");
    refused({"--max-keys", "0"}, "--max-keys: invalid count '0'");
    refused({"--max-keys", "2000000"}, "--max-keys: '2000000' is too many; give at most 1048576");
    refused({"--sort", "x"}, "invalid value 'x': give one of count, rate, key");
    refused({"--cgroup", "/no/such/group"}, "--cgroup: '/no/such/group' is no directory");
    refused({"--cgroup", "/tmp"}, "--cgroup: '/tmp' is no cgroup");
    refused({"-u", "nobody-has-this-name"}, "nobody-has-this-name");
    refused({"--probe", "raw_tp"}, "add -x");
    refused({"--record", "x"}, "unexpected option '--record'");
    refused({"--"}, "`--` needs a command after it");
}

TEST(ExeccountUsage, WithoutPrivileges)
{
    TempDir dir;
    const std::string copy = dir.file("copy", read_file(tool_path("execcount")), 0755);
    const Outcome outcome = run_tool("execcount", {}, {.in_child = [] { become(65534, 65534); }, .program = copy});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err_lines(), SizeIs(1));
    EXPECT_THAT(outcome.err, HasSubstr("needs root, or the capabilities CAP_BPF and CAP_PERFMON"));
}

} // namespace
} // namespace snoop::test
