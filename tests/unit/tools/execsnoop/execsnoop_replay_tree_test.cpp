// SPDX-License-Identifier: BSD-2-Clause
// A replay of execsnoop --tree: rows as they come, and the tree at the end.
#include "unit/exec.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>

namespace {

constexpr unsigned follows = EXEC_FLAG_EXIT_FOLLOWS;
constexpr std::uint64_t ms = 1'000'000;

ExecSpec process(std::uint32_t pid, std::uint64_t parent_id, const std::string &file, std::vector<std::string> args)
{
    const std::string name = file.substr(file.rfind('/') + 1);
    args.insert(args.begin(), name);
    return {.filename = file,
            .args = std::move(args),
            .comm = name,
            .pid = pid,
            .ppid = pid - 1,
            .flags = follows,
            .exec_id = 100 + pid,
            .parent_exec_id = parent_id};
}

exec_exit cost(std::uint64_t cpu_ns, std::uint64_t rss_kb)
{
    exec_exit end{};
    end.rec.flags = EXIT_FLAG_HAS_COST;
    end.cost.runtime_ns = cpu_ns;
    end.cost.stime_ns = 1;
    end.cost.maxrss_kb = rss_kb;
    return end;
}

// A build: make runs a shell that becomes cc, which runs cc1 and as, and a shell with a subshell that is killed.
std::vector<Record> build()
{
    const ExecSpec make = process(1, 77, "/usr/bin/make", {"all"}), sh = process(2, 101, "/bin/sh", {"-c", "cc a.c"});
    ExecSpec cc = process(2, 101, "/usr/bin/cc", {"a.c"});
    cc.exec_id = 222;
    const ExecSpec cc1 = process(3, 222, "/usr/lib/cc1", {"a.c", "-o", "a.s"}), as = process(4, 222, "/bin/as", {});
    const ExecSpec last = process(5, 101, "/bin/sh", {"-c", "(kill $$)"});
    ExecSpec missing = process(5, 101, "/no", {});
    missing.ret = -ENOENT;
    exec_exit fork = cost(40 * ms, 900);
    fork.rec.flags |= EXIT_FLAG_FORKED;
    fork.exec_id = 105;
    ExecSpec forked = last;
    forked.pid = 6;
    return {exec_head(make),
            exec_head(sh),
            exec_head(cc),
            exec_head(cc1),
            exec_end(cc1, 200 * ms, 0, cost(190 * ms, 40'000)),
            exec_head(as),
            exec_end(as, 20 * ms, 1 << 8, cost(10 * ms, 3000)),
            exec_end(cc, 250 * ms, 1 << 8, cost(5 * ms, 2000)),
            exec_head(last),
            exec_head(missing),
            exec_end(forked, 30 * ms, 0, fork),
            exec_end(last, 50 * ms, SIGTERM, cost(2 * ms, 1000))};
}

class ExecsnoopTree : public ExecsnoopReplay {};

TEST_F(ExecsnoopTree, IndentsRowsAsTheyCome)
{
    const std::string rows = text_header() + "make             1       0       0    /usr/bin/make all\n"
                                             "sh               2       1       0    `- /bin/sh -c cc a.c\n"
                                             "cc               2       1       0    -> /usr/bin/cc a.c\n"
                                             "cc1              3       2       0       `- /usr/lib/cc1 a.c -o a.s\n"
                                             "as               4       3       0       `- /bin/as\n"
                                             "sh               5       4       0    `- /bin/sh -c (kill $$)\n"
                                             "no               5       4       -2      `- /no\n";
    EXPECT_EQ(replay(build(), {"--tree"}).out, rows);
    // Without --tree, the processes that did not call exec do not show.
    EXPECT_EQ(replay(build(), {"--exit"}).out.find("\nsh               6"), rows.npos);
}

TEST_F(ExecsnoopTree, EndsWithSums)
{
    const Finished f = replay(build(), {"--tree", "--exit", "-x"});
    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.out.substr(f.out.find("\n\n") + 2),
              "PID     EXIT    RAN(ms) CPU(ms) SUM(ms) RSS(KiB) MAX(KiB) EXECS FAILED ARGS\n"
              "1       running       -       - 247.000        -    40000     6      1 /usr/bin/make all\n"
              "2       1       250.000   5.000 205.000     2000    40000     4      0 |- sh -> /usr/bin/cc a.c\n"
              "3       0       200.000 190.000 190.000    40000    40000     1      0 |  |- /usr/lib/cc1 a.c -o a.s\n"
              "4       1        20.000  10.000  10.000     3000     3000     1      0 |  `- /bin/as\n"
              "5       SIGTERM  50.000  42.000  42.000     1000     1000     1      1 `- /bin/sh -c (kill $$)\n"
              "# total: 5 processes, 6 execs, 1 failed, CPU 247.000 ms, largest RSS 40000 KiB\n");
}

TEST_F(ExecsnoopTree, CountsFailuresOnlyIfTheyAreTraced)
{
    EXPECT_EQ(replay(build(), {"--tree", "--exit"}).out.find("FAILED"), std::string::npos);
}

TEST_F(ExecsnoopTree, HasNoPlaceInJson)
{
    for (const char *format : {"json", "csv"}) {
        const Finished f = replay(build(), {"--tree", "-o", format});
        EXPECT_EQ(f.exit, 2);
        EXPECT_EQ(f.err, "execsnoop: --tree: text only; in JSON and CSV, parent_exec_id is the exec_id of the "
                         "parent's row\n");
    }
}

// -c ends the rows, and the tree has the same processes.
TEST_F(ExecsnoopTree, HasOnlyTheRowsOfCount)
{
    const std::string out = replay(build(), {"--tree", "--exit", "-c", "2"}).out;
    EXPECT_NE(out.find("# total: 2 processes, 2 execs"), out.npos) << out;
}

TEST_F(ExecsnoopTree, HasOnlyWhatPassesFilters)
{
    const std::string out = replay(build(), {"--tree", "--exit", "-n", "cc1", "-n", "as"}).out;
    EXPECT_NE(out.find("\ncc1              3       2       0    /usr/lib/cc1"), out.npos) << out;
    EXPECT_NE(out.find("# total: 2 processes, 2 execs, CPU 200.000 ms"), out.npos) << out;
}

TEST_F(ExecsnoopTree, ColorsTheEndBySignals)
{
    const std::string out = replay(build(), {"--tree", "--exit", "--color", "always"}).out;
    EXPECT_NE(out.find("\033[35m5       SIGTERM"), out.npos) << out;
    EXPECT_EQ(replay(build(), {"--tree", "--exit"}).out.find('\033'), std::string::npos);
}

TEST_F(ExecsnoopTree, ANameCannotForgeAnIndentation)
{
    const ExecSpec spec{.filename = "   `- /bin/sudo", .args = {"x"}, .exec_id = 1};
    EXPECT_EQ(rows({exec_head(spec)}, {"--tree"}), text_row(R"(\x20\x20\x20`-\x20/bin/sudo)"));
}

TEST_F(ExecsnoopTree, SaysHowDeepARowIs)
{
    std::vector<Record> records;
    for (std::uint32_t pid = 1; pid <= 200; pid++) {
        ExecSpec spec = process(pid, 100 + pid - 1, "/bin/sh", {});
        spec.flags = 0;
        records.push_back(exec_head(spec));
    }
    const std::string out = replay(records, {"--tree", "--exit"}).out;
    const std::string row = " " + std::string(std::size_t{23} * 3, ' ') + "`- (199) /bin/sh\n";
    EXPECT_LT(out.find(row), out.find("\n\n"));
    EXPECT_NE(out.find(row, out.find("\n\n")), out.npos); // in the tree at the end, too
    EXPECT_NE(out.find("# total: 200 processes, 200 execs, CPU 0.000 ms"), out.npos);
}

TEST_F(ExecsnoopTree, AHundredThousandProcesses)
{
    std::vector<Record> records;
    for (std::uint32_t pid = 1; pid <= 100'000; pid++) {
        const ExecSpec spec = process(pid, 100 + pid / 3, "/usr/bin/cc", {"-c", "file.c"});
        records.push_back(exec_head(spec));
        records.push_back(exec_end(spec, ms, 0, cost(ms, 100)));
    }
    const std::string out = replay(records, {"--tree", "--exit"}).out;
    EXPECT_NE(out.find("# total: 100000 processes, 100000 execs, CPU 100000.000 ms"), out.npos);
}

} // namespace
