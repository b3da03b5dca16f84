// SPDX-License-Identifier: BSD-2-Clause
// Each kind of difference, and what is none.
#include "jobs.hpp"

#include <gmock/gmock.h>

namespace snoop::snoop_diff {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Compare, FindsNoneInTheSameJob)
{
    const Compared compared{
        rows(Ran{.id = 1, .args = {"make"}}, Ran{.id = 2, .parent = 1, .args = {"as", "/tmp/ccAB12cd.s"}},
             Opened{2, "/tmp/ccAB12cd.s"}, Opened{2, "/proc/10002/stat"}),
        rows(Ran{.id = 7, .args = {"make"}}, Ran{.id = 8, .parent = 7, .args = {"as", "/tmp/ccefGH34.s"}},
             Opened{8, "/tmp/ccefGH34.s"}, Opened{8, "/proc/10008/stat"})};

    EXPECT_THAT(compared.lines(), IsEmpty());
}

TEST(Compare, FindsTheMissingFileBeforeWhatFollows)
{
    const auto job = [](const std::string &error, int code) {
        return rows(Ran{.id = 1, .args = {"make"}, .lasts = 100, .code = code ? 2 : 0},
                    Ran{.id = 2, .parent = 1, .args = {"cc", "-c", "x.c"}, .at = 10, .lasts = 20, .code = code},
                    Opened{2, "x.h", error, 15});
    };
    Lines a = job("", 0);
    a.push_back(row(Opened{.id = 2, .path = "y.h", .at = 16}));
    a.push_back(row(Ran{.id = 3, .parent = 1, .args = {"ld", "x.o"}, .at = 50}));
    const Compared compared{a, job("ENOENT", 1)};

    EXPECT_THAT(compared.lines(), ElementsAre("first make > cc -c x.c: file x.h: opened | ENOENT",
                                              "make > cc -c x.c: status: exit 0 | exit 1",
                                              "(consequence) make > cc -c x.c: file y.h: opened | not tried",
                                              "(consequence) make > ld x.o: process: runs | missing",
                                              "(consequence) make: status: exit 0 | exit 2"));
}

TEST(Compare, FindsErrorsAndOtherFilesBehindAPath)
{
    const Compared compared{rows(Ran{.id = 1, .args = {"cat"}}, Opened{1, "/a", "", 2}, Opened{1, "/b", "", 3, "/b.1"},
                                 Opened{1, "/c", "ENOENT", 4}, Opened{1, "/d", "EINTR", 5}, Opened{1, "/d", "", 6}),
                            rows(Ran{.id = 2, .args = {"cat"}}, Opened{2, "/a", "EACCES", 2},
                                 Opened{2, "/b", "", 3, "/b.2"}, Opened{2, "/c", "EPERM", 4}, Opened{2, "/d", "", 5})};

    EXPECT_THAT(compared.lines(), ElementsAre("first cat: file /a: opened | EACCES", "cat: file /c: ENOENT | EPERM",
                                              "cat: the file behind /b: /b.1 | /b.2"));
}

TEST(Compare, FindsFilesOfOneSide)
{
    const Compared compared{rows(Ran{.id = 1, .args = {"py"}}, Opened{1, "/m.py", "", 1}, Opened{1, "/n.py", "", 2}),
                            rows(Ran{.id = 2, .args = {"py"}}, Opened{2, "/a", "ENOENT", 1})};

    EXPECT_THAT(compared.lines(),
                ElementsAre("first py: files /m.py, /n.py: opened | not tried", "py: file /a: not tried | ENOENT"));
    const Compared ignored{rows(Ran{.id = 1, .args = {"py"}}, Opened{1, "/m.py"}),
                           rows(Ran{.id = 2, .args = {"py"}}),
                           {.ignores = [](std::string_view path) { return path == "/m.py"; }}};
    EXPECT_THAT(ignored.lines(), IsEmpty());
}

TEST(Compare, FindsOtherProgramsAndArguments)
{
    const Compared compared{
        rows(Ran{.id = 1, .args = {"sh"}}, Ran{.id = 2, .parent = 1, .args = {"cc", "-O0", "x.c"}, .at = 1},
             Ran{.id = 3, .parent = 1, .args = {"ld", "x.o", "y.o"}, .at = 2, .resolved = "/usr/bin/ld.bfd"},
             Ran{.id = 4, .parent = 1, .args = {"gawk", "-f", "a"}, .at = 3},
             Ran{.id = 5, .parent = 1, .args = {"t", "a", "b"}, .at = 4}),
        rows(Ran{.id = 1, .args = {"sh"}}, Ran{.id = 2, .parent = 1, .args = {"cc", "-O2", "x.c"}, .at = 1},
             Ran{.id = 3, .parent = 1, .args = {"ld", "x.o", "y.o"}, .at = 2, .resolved = "/usr/bin/ld.lld"},
             Ran{.id = 4, .parent = 1, .args = {"mawk", "-f", "a"}, .at = 3},
             Ran{.id = 5, .parent = 1, .args = {"t", "b", "a"}, .at = 4})};

    EXPECT_THAT(compared.lines(),
                ElementsAre("first sh > cc -O2 x.c: arguments: -O0 | -O2",
                            "sh > ld x.o y.o: program: /usr/bin/ld -> /usr/bin/ld.bfd | /usr/bin/ld -> /usr/bin/ld.lld",
                            "sh > mawk -f a: program: /usr/bin/gawk | /usr/bin/mawk",
                            "sh > t b a: arguments: in another order | in another order"));
}

// A shell opens the file for the output of a command that is not reached in B.
TEST(Compare, PlacesWhatWasNotTriedAfterTheChildrenBeforeIt)
{
    const auto job = [](const std::string &error, int code) {
        Lines all = rows(Ran{.id = 1, .args = {"sh"}, .lasts = 99, .code = code}, Opened{1, "lib.sh", "", 1},
                         Ran{.id = 2, .parent = 1, .args = {"cat", "x"}, .at = 10, .lasts = 9, .code = code},
                         Opened{2, "x", error, 15});
        if (code == 0)
            all.push_back(row(Opened{1, "/dev/null", "", 30}));
        return all;
    };

    EXPECT_THAT((Compared{job("", 0), job("ENOENT", 1)}.lines()),
                ElementsAre("first sh > cat x: file x: opened | ENOENT", "sh > cat x: status: exit 0 | exit 1",
                            "sh: file /dev/null: opened | not tried", "(consequence) sh: status: exit 0 | exit 1"));
}

TEST(Compare, FindsStatusAndSignals)
{
    const auto job = [](Ran ran) { return rows(Ran{.id = 1, .args = {"sh"}}, ran); };
    const Compared killed{job({.id = 2, .parent = 1, .args = {"a"}}),
                          job({.id = 2, .parent = 1, .args = {"a"}, .signal = "SIGSEGV"})};

    EXPECT_THAT(killed.lines(), ElementsAre("first sh > a: status: exit 0 | SIGSEGV"));
}

TEST(Compare, FoldsWhatIsBelowAProcessOfOneSide)
{
    const Compared compared{rows(Ran{.id = 1, .args = {"sh"}}),
                            rows(Ran{.id = 1, .args = {"sh"}},
                                 Ran{.id = 2, .parent = 1, .args = {"make"}, .at = 1, .code = 2},
                                 Ran{.id = 3, .parent = 2, .args = {"cc"}, .at = 2},
                                 Ran{.id = 4, .parent = 3, .args = {"as"}, .at = 3}, Opened{4, "/x"})};

    EXPECT_THAT(compared.lines(),
                ElementsAre("first sh > make: process: missing | runs with 2 processes below it (exit 2)"));
    ASSERT_EQ(compared.differences().size(), 1U);
    EXPECT_EQ(compared.differences()[0].processes, 3U);
}

TEST(Compare, FindsCommandsThatCouldNotBeExecuted)
{
    const auto failed = [](const char *folder, const char *error) {
        return Ran{.id = 1, .args = {"tool", "-x"}, .file = std::string{folder} + "/tool", .at = 5, .error = error};
    };
    const Ran sh{.id = 1, .args = {"sh"}, .lasts = 9};
    const Compared missing{rows(sh, Ran{.id = 2, .parent = 1, .args = {"tool", "-x"}, .at = 5}),
                           rows(sh, failed("/usr/local/bin", "ENOENT"), failed("/usr/bin", "ENOENT"))};
    EXPECT_THAT(missing.lines(), ElementsAre("first sh: command tool: executed | ENOENT"));

    const Compared denied{rows(sh, failed("/usr/bin", "ENOENT")),
                          rows(sh, failed("/usr/bin", "EACCES"), failed("/usr/bin", "ENOENT"))};
    EXPECT_THAT(denied.lines(), ElementsAre("first sh: command tool: ENOENT | EACCES"));

    const Compared untried{rows(sh), rows(sh, failed("/usr/bin", "ENOENT"))};
    EXPECT_THAT(untried.lines(), ElementsAre("first sh: command tool: not tried | ENOENT"));
}

TEST(Compare, TakesAnyOrderOfParallelChildren)
{
    const auto child = [](unsigned id, const char *file, unsigned at, const char *header) {
        return rows(Ran{.id = id, .parent = 1, .args = {"cc", file}, .at = at}, Opened{id, header, "", at});
    };
    Lines a = rows(Ran{.id = 1, .args = {"make"}}), b = a;
    for (const Lines &each : {child(2, "x.c", 1, "x.h"), child(3, "y.c", 2, "y.h"), child(4, "x.c", 3, "z.h")})
        a.insert(a.end(), each.begin(), each.end());
    for (const Lines &each : {child(5, "x.c", 1, "z.h"), child(6, "x.c", 2, "x.h"), child(7, "y.c", 3, "y.h")})
        b.insert(b.end(), each.begin(), each.end());

    EXPECT_THAT(Compared(a, b).lines(), IsEmpty());
}

TEST(Compare, SaysWhichOfEqualCommandsIsMissing)
{
    const auto child = [](unsigned id, std::vector<std::string> args, unsigned at) {
        return Ran{.id = id, .parent = 1, .args = std::move(args), .at = at};
    };
    const Ran sh{.id = 1, .args = {"sh"}};
    const Compared compared{rows(sh, child(2, {"rm", "x"}, 1), child(3, {"cc"}, 2), child(4, {"rm", "x"}, 3)),
                            rows(sh, child(2, {"cc"}, 2), child(3, {"rm", "x"}, 3))};

    ASSERT_EQ(compared.differences().size(), 1U);
    EXPECT_EQ(compared.report().a.program(*compared.differences()[0].a.program).id, 2U);
}

// As mktemp(1) with a template makes them up, and sort(1); git and tar create files with names that are not made up.
TEST(Compare, TakesNamesThatWereMadeUpForNewFilesForTheSame)
{
    const auto job = [](const std::string &name, bool is_exclusive) {
        return rows(Ran{.id = 1, .args = {"sh"}}, Ran{.id = 2, .parent = 1, .args = {"mktemp", "XXXX.log"}, .at = 1},
                    Opened{.id = 2, .path = "./" + name + ".log", .at = 2, .is_exclusive = is_exclusive},
                    Ran{.id = 3, .parent = 1, .args = {"rm", name + ".log"}, .at = 3});
    };

    EXPECT_THAT((Compared{job("pYSN", true), job("0yYK", true)}.lines()), IsEmpty());
    EXPECT_THAT((Compared{job("sorthdYfuc", true), job("sortlkhglm", true)}.lines()), IsEmpty());
    EXPECT_EQ((Compared{job("pYSN", false), job("0yYK", false)}.lines().size()), 3U);
    EXPECT_EQ((Compared{job("linux", true), job("windows", true)}.lines().size()), 3U);
}

TEST(Compare, FollowsAProcessThatCallsExecAgain)
{
    const auto job = [](const char *error) {
        return rows(Ran{.id = 1, .args = {"env", "cc"}, .lasts = 5, .pid = 50, .code = -1},
                    Ran{.id = 2, .args = {"cc"}, .at = 5, .pid = 50},
                    Ran{.id = 3, .parent = 2, .args = {"as"}, .at = 7}, Opened{2, "/x", error, 6});
    };

    EXPECT_THAT(Compared(job(""), job("ENOENT")).lines(), ElementsAre("first cc: file /x: opened | ENOENT"));
}

TEST(Compare, LeavesOutTheToolsThatRecorded)
{
    const auto job = [](const char *file) {
        return rows(Ran{.id = 1, .args = {"sudo", "opensnoop", "--record", file, "--", "make"}},
                    Ran{.id = 2, .parent = 1, .args = {"opensnoop", "--record", file, "--", "make"}, .at = 1},
                    Ran{.id = 3, .parent = 2, .args = {"make"}, .at = 2});
    };

    EXPECT_THAT(Compared(job("a/open.rec"), job("b/open.rec")).lines(), IsEmpty());
}

// As on a host and in a container.
TEST(Compare, LeavesOutWhatStartedTheJobInOneRecordingAlone)
{
    const Lines host = rows(Ran{.id = 1, .args = {"make", "all"}, .lasts = 9},
                            Ran{.id = 2, .parent = 1, .args = {"cc", "x.c"}, .at = 2, .lasts = 2});
    const auto container = [](int code) {
        return rows(
            Ran{.id = 1, .args = {"unshare", "run"}, .lasts = 99, .code = code},
            Ran{.id = 2, .parent = 1, .args = {"mount", "/x"}, .at = 2},
            Ran{.id = 3, .parent = 1, .args = {"chroot", "/x", "make"}, .at = 10, .lasts = 1, .pid = 30, .code = -1},
            Ran{.id = 4, .parent = 1, .args = {"make", "all"}, .at = 11, .lasts = 20, .pid = 30, .code = code},
            Ran{.id = 5, .parent = 4, .args = {"cc", "x.c"}, .at = 15, .lasts = 2, .code = code});
    };
    EXPECT_THAT((Compared{host, container(0)}.lines()), IsEmpty());
    EXPECT_THAT((Compared{container(0), host}.lines()), IsEmpty());
    EXPECT_THAT((Compared{host, container(1)}.lines()),
                ElementsAre("first unshare > make > cc x.c: status: exit 0 | exit 1",
                            "(consequence) unshare > make all: status: exit 0 | exit 1"));
}

TEST(Compare, FindsTheProcessThatIsSlower)
{
    const auto job = [](unsigned lasts) {
        return rows(Ran{.id = 1, .args = {"make"}, .lasts = lasts + 10},
                    Ran{.id = 2, .parent = 1, .args = {"cc"}, .at = 1, .lasts = lasts});
    };

    EXPECT_THAT(Compared(job(150), job(400)).lines(), ElementsAre("make > cc: time: 0.150 s | 0.400 s"));
    EXPECT_THAT(Compared(job(400), job(150)).lines(), ElementsAre("make > cc: time: 0.400 s | 0.150 s"));
    EXPECT_THAT(Compared(job(10), job(100)).lines(), IsEmpty());  // by less than 100 ms
    EXPECT_THAT(Compared(job(300), job(450)).lines(), IsEmpty()); // by less than twice
    EXPECT_FALSE(Compared(job(300), job(450), {.slower_factor = 1.4}).lines().empty());
}

TEST(Compare, TakesJobsInOtherFolders)
{
    const auto job = [](const std::string &folder) {
        return rows(Ran{.id = 1, .args = {"cc", "-I" + folder + "/include"}, .cwd = folder + "/lib"},
                    Opened{1, folder + "/include/x.h"});
    };

    EXPECT_THAT(Compared(job("/src/good"), job("/build/bad")).lines(), IsEmpty());
}

} // namespace
} // namespace snoop::snoop_diff
