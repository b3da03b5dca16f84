// SPDX-License-Identifier: BSD-2-Clause
// Texts that are replaced, and texts that are not.
#include "snoop-diff/normalize.hpp"

#include <gtest/gtest.h>

namespace snoop::snoop_diff {
namespace {

// With no word in the other recording.
std::string alone(std::string_view text) { return normalized(text, {}, {}); }

TEST(Normalize, ReplacesTemporaryNames)
{
    EXPECT_EQ(alone("/tmp/cc32updj.s"), "/tmp/<tmp>.s");
    EXPECT_EQ(alone("/tmp/tmp.AbC123xyz0/sub"), "/tmp/<tmp>.<tmp>/sub");
    EXPECT_EQ(alone("-o/var/tmp/x9/a.o"), "-o/var/tmp/x9/a.o"); // a word has three characters at least
    EXPECT_EQ(alone("tmp/job/a.o"), "tmp/<tmp>/a.o");
    EXPECT_EQ(alone("./confAb3dE9/subs.awk"), "./<tmp>/subs.awk");
    EXPECT_EQ(alone("./sedX1yZ2w"), "./<tmp>");
    EXPECT_EQ(alone("/w/tmp8j8ebvq_/x"), "/w/<tmp>/x");
    EXPECT_EQ(alone("./confabCdef"), "./<tmp>");
    EXPECT_EQ(alone(".git/objects/ab/tmp_obj_k3J9aQ"), ".git/objects/<hash>/<tmp>");
    EXPECT_EQ(alone(".git/objects/2a/5497fb51aefb00ae2661da9998fac126014a33"), ".git/objects/<hash>/<tmp>");
    EXPECT_EQ(alone(".git/info/refs_NJ7oYq .git/t6XHAFW"), ".git/info/<tmp> .git/<tmp>");
    EXPECT_EQ(alone("TryCompile-OtLXxZ/cmTC_90311_loc.tmp0783d"), "TryCompile-<tmp>/<tmp>.<tmp>");
    EXPECT_EQ(alone("data.kX93bq"), "data.<tmp>");
    EXPECT_EQ(alone("b4f8f6c2a1"), "<tmp>");
    EXPECT_EQ(alone("run-1767322800.log"), "run-<tmp>.log");
}

TEST(Normalize, KeepsNamesThatPeopleWrite)
{
    for (const char *const text : {"/usr/lib/libQt5Core.so.5",
                                   "configure",
                                   "confdefs.h",
                                   "UserModel.java",
                                   "x86_64",
                                   "-DNDEBUG",
                                   "config.status",
                                   "sha256sum",
                                   "README",
                                   "foo.config",
                                   "tmp",
                                   "status7",
                                   "step.Config",
                                   "test001",
                                   "stage001",
                                   "refs_master",
                                   "in_string",
                                   "objects.d/ab",
                                   "a.README",
                                   "",
                                   "/",
                                   "acceded"})
        EXPECT_EQ(alone(text), text);
}

TEST(Normalize, KeepsWordsThatBothRecordingsHave)
{
    const Vocabulary other{{"cc32updj"}, {}, {}};

    EXPECT_EQ(normalized("/tmp/cc32updj.s", {}, other), "/tmp/cc32updj.s");
}

TEST(Normalize, ReplacesDatesTimesAndUuids)
{
    EXPECT_EQ(alone("2026-11-28 10:00:59"), "<date> <time>");
    EXPECT_EQ(alone("at=2026-11-28T10:00:59Z"), "at=<time>Z");
    EXPECT_EQ(alone("id-01234567-89ab-cdef-0123-456789abcdef"), "id-<uuid>");
    EXPECT_EQ(alone("10:00"), "10:00");
    for (const std::string time : {"20261128-100059", "20261128-1000", "2026-11-28_10-00-59", "2026-11-28-10-00-59",
                                   "2026-11-28-100059", "2026-11-28_100059", "2026-11-28_10:00:59"})
        EXPECT_EQ(normalized("log." + time + ".gz", {}, {{"20261128"}, {}, {}}), "log.<time>.gz") << time;
}

TEST(Normalize, ReplacesPidsOfBoth)
{
    const Vocabulary own{{"conf1234", "4321", "5555"}, {1234, 6000}, {}}, other{{"4321", "6000"}, {4321}, {}};

    EXPECT_EQ(normalized("conf1234.sh", own, other), "conf<pid>.sh");
    EXPECT_EQ(normalized("/proc/4321/stat", own, other), "/proc/<pid>/stat");
    EXPECT_EQ(normalized("src/6000.c", own, other), "src/6000.c"); // a word that both have
    EXPECT_EQ(normalized("5555", own, other), "5555");
    EXPECT_EQ(normalized("01234", own, other), "01234");
}

TEST(Normalize, ReplacesTheFolderOfTheJob)
{
    Vocabulary a, b;

    set_folders(a, "/src/old/lib", b, "/src/new/lib");
    EXPECT_EQ(normalized("-I/src/old/include", a, b), "-I<job>/include");
    EXPECT_EQ(normalized("/src/new", b, a), "<job>");
    EXPECT_EQ(normalized("/src/older", a, b), "/src/older");
    for (const auto &[in_a, in_b] : {std::pair{"/src", "/src"}, {"/", "/src"}, {"", "/src"}, {"/x", "/a/x"}}) {
        Vocabulary none, other;
        set_folders(none, in_a, other, in_b);
        EXPECT_TRUE(none.folder.empty() && other.folder.empty()) << in_a << " " << in_b;
    }
}

} // namespace
} // namespace snoop::snoop_diff
