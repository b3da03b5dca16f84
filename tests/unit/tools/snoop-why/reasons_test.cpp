// SPDX-License-Identifier: BSD-2-Clause
// Each kind of reason, found in rows alone.
#include "rows.hpp"
#include "snoop-why/reasons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace snoop::snoop_why {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> texts_of(const std::vector<Reason> &reasons)
{
    std::vector<std::string> texts;

    for (const Reason &each : reasons)
        texts.push_back(each.text);
    return texts;
}

Reasons reasons_in(Rows &rows) { return reasons_of(case_of(rows.forest(), 0, false)); }

// Returns the reasons of the first program, certain or possible.
std::vector<std::string> found_in(Rows &rows)
{
    Reasons reasons = reasons_in(rows);

    for (Reason &each : reasons.possible)
        reasons.found.push_back(std::move(each));
    return texts_of(reasons.found);
}

Rows rows_of(const Rows::Exec &exec)
{
    Rows rows;

    rows.exec(exec);
    return rows;
}

const Rows::Exec cat{.id = 1, .pid = 10, .args = {"cat"}, .exit_code = 1};

TEST(WhyReasons, SaysWhoKilled)
{
    Rows rows = rows_of(
        {.id = 1, .pid = 10, .args = {"cat"}, .signal = "SIGKILL", .more = R"(,"killed_by":{"pid":7,"comm":"kill"})"});
    EXPECT_THAT(found_in(rows), ElementsAre("cat (pid 10) was killed by SIGKILL, which kill (pid 7) sent"));
}

TEST(WhyReasons, SaysThatMemoryRanOut)
{
    Rows rows = rows_of({.id = 1,
                         .pid = 10,
                         .args = {"cat"},
                         .signal = "SIGKILL",
                         .more = R"(,"killed_by":{"pid":7,"comm":"sh"},"oom":true,"maxrss_kb":2048)"});
    const auto found = reasons_of(case_of(rows.forest(), 0, false)).found;
    EXPECT_THAT(texts_of(found), ElementsAre("cat (pid 10) was killed by the kernel, because memory ran out"));
    EXPECT_THAT(found.at(0).more, ElementsAre("it had 2 MiB of memory at most"));
}

TEST(WhyReasons, ExplainsASignal)
{
    Rows rows = rows_of(
        {.id = 1, .pid = 10, .args = {"cat"}, .signal = "SIGSEGV", .more = R"(,"killed_by":{"pid":10,"comm":"cat"})"});
    EXPECT_THAT(found_in(rows),
                ElementsAre("cat (pid 10) was killed by SIGSEGV: it used memory that it does not have"));
}

TEST(WhyReasons, FoldsASearch)
{
    Rows rows = rows_of(cat);
    for (const char *path : {"./sys/foo.h", "/a/sys/foo.h", "/b/sys/foo.h"})
        rows.open(1, 10, path, "ENOENT");
    EXPECT_THAT(found_in(rows),
                ElementsAre(R"(p (pid 10) found no "sys/foo.h" in 3 directories, from ./sys/foo.h to /b/sys/foo.h)"));
}

TEST(WhyReasons, NamesTheDirectoryOfARelativePath)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "foo.conf", "ENOENT");
    EXPECT_THAT(found_in(rows), ElementsAre("p (pid 10) found no foo.conf in /src"));
}

TEST(WhyReasons, ASearchThatSucceedsIsNone)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/a/foo.h", "ENOENT");
    rows.open(1, 10, "/b/foo.h");
    EXPECT_THAT(found_in(rows), IsEmpty());
}

TEST(WhyReasons, WhatProgramsThatSucceedMissIsNone)
{
    Rows rows = rows_of(cat);
    rows.exec({.id = 2, .pid = 11, .args = {"true"}});
    rows.open(2, 11, "/etc/optional", "ENOENT");
    rows.open(1, 10, "/etc/optional", "ENOENT");
    rows.open(1, 10, "/usr/share/locale/de/LC_MESSAGES/cat.mo", "ENOENT");
    rows.open(1, 10, "/etc/ld.so.preload", "ENOENT");
    EXPECT_THAT(found_in(rows), IsEmpty());
}

TEST(WhyReasons, WhatAnotherProgramMissedInAnotherWayIsOne)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"cat", "named"}, .exit_code = 1});
    rows.exec({.id = 2, .pid = 11, .args = {"cp"}});
    rows.open(2, 11, "named", "ENOENT");
    rows.open(2, 11, "copy", "ENOENT", "O_PATH");
    rows.open(2, 11, "busy", "ENOENT");
    rows.open(1, 10, "named", "ENOENT");
    rows.open(1, 10, "copy", "ENOENT");
    rows.open(1, 10, "busy", "ETXTBSY");
    EXPECT_EQ(found_in(rows).size(), 3U);
}

// Settings that git can do without, and processes that ended while pgrep looked at them.
TEST(WhyReasons, WhatIsOptionalIsNone)
{
    Rows rows = rows_of(cat);

    rows.open(1, 10, "/etc/gitattributes", "ENOENT");
    rows.open(1, 10, "/run/host/userdb/nobody.user", "ENOENT");
    rows.open(1, 10, "/proc/4711/ctty", "ENOENT");
    EXPECT_THAT(found_in(rows), IsEmpty());
}

TEST(WhyReasons, WhatIsAskedForIsNotOptional)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"cat", "/etc/gitconfig"}, .exit_code = 1});

    rows.open(1, 10, "/etc/gitconfig", "ENOENT");
    EXPECT_THAT(found_in(rows), ElementsAre(HasSubstr("found no /etc/gitconfig")));
}

TEST(WhyReasons, WhatAProgramWentOnAfterIsAnother)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/etc/a", "ENOENT");
    rows.open(1, 10, "/etc/b");
    const Reasons reasons = reasons_of(case_of(rows.forest(), 0, false));
    EXPECT_THAT(reasons.found, IsEmpty());
    EXPECT_THAT(texts_of(reasons.others), ElementsAre("p (pid 10) found no /etc/a"));
}

// Even if it went on with another one.
TEST(WhyReasons, WhatTheCommandLineNamesMatters)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"cat", "/etc/a", "--file=.x"}, .exit_code = 1});
    rows.open(1, 10, "/etc/a", "ENOENT");
    rows.open(1, 10, ".x", "ENOENT");
    rows.open(1, 10, "/etc/c", "ENOENT");
    rows.open(1, 10, "/etc/b");
    EXPECT_THAT(found_in(rows), ElementsAre("p (pid 10) found no .x in /src", "p (pid 10) found no /etc/a"));
}

TEST(WhyReasons, PkgConfigIsAskedForAName)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"pkg-config", "--exists", "foo >= 2"}, .exit_code = 1});
    rows.open(1, 10, "/usr/lib/pkgconfig/foo-uninstalled.pc", "ENOENT");
    rows.open(1, 10, "/usr/lib/pkgconfig/foo.pc", "ENOENT");
    rows.open(1, 10, "/etc/b");
    EXPECT_THAT(found_in(rows), ElementsAre("p (pid 10) found no /usr/lib/pkgconfig/foo.pc"));
}

TEST(WhyReasons, AFileOfAUserIsOptional)
{
    for (const char *path : {"/srv/ann/.catrc", "/srv/ann/.config/cat/rc", ".cat"}) {
        Rows rows = rows_of(cat);
        rows.open(1, 10, path, "ENOENT");
        EXPECT_THAT(found_in(rows), IsEmpty()) << path;
    }
    Rows rows = rows_of(cat);
    rows.open(1, 10, "./x/../y.z", "ENOENT");
    EXPECT_EQ(found_in(rows).size(), 1U);
}

TEST(WhyReasons, AFileThatIsReadAgainShowsAnError)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/src/a.c");
    rows.open(1, 10, "/src/a.h", "ENOENT");
    rows.open(1, 10, "/src/a.c");
    rows.open(1, 10, "/var/log/cat", "", "O_WRONLY");
    EXPECT_THAT(found_in(rows), ElementsAre("p (pid 10) found no /src/a.h"));
}

TEST(WhyReasons, NamesALibrary)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/lib/libx.so.1", "ENOENT");
    rows.open(1, 10, "/usr/lib/libx.so.1", "ENOENT");
    EXPECT_THAT(found_in(rows), ElementsAre(R"(p (pid 10) found no library "libx.so.1" in 2 directories, from )"
                                            "/lib/libx.so.1 to /usr/lib/libx.so.1"));
}

TEST(WhyReasons, ALibraryOfALinkerHasTwoNames)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"ld", "-lfoo", "-lc"}, .exit_code = 1});
    for (const char *path : {"/a/libfoo.so", "/a/libfoo.a", "/b/libfoo.so", "/b/libfoo.a", "/a/libc.so"})
        rows.open(1, 10, path, "ENOENT");
    rows.open(1, 10, "/a/libc.a");
    EXPECT_THAT(found_in(rows),
                ElementsAre(R"(p (pid 10) found no library "libfoo.so" in 2 directories, from /a/libfoo.so to )"
                            "/b/libfoo.a"));
}

TEST(WhyReasons, TheLastOneComesFirst)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/a", "ENOENT");
    rows.open(1, 10, "/b", "EACCES");
    EXPECT_THAT(found_in(rows),
                ElementsAre("p (pid 10) could not open /b: Permission denied (EACCES)", "p (pid 10) found no /a"));
}

TEST(WhyReasons, AFullDiskIsOneEvenIfTheProgramGoesOn)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/a", "ENOSPC", "O_CREAT");
    rows.open(1, 10, "/c", "ENOSPC", "O_CREAT");
    rows.open(1, 10, "/b");
    const auto found = found_in(rows);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0], HasSubstr("p (pid 10) could not create /a: No space left on device (ENOSPC)"));
}

TEST(WhyReasons, FoldsASearchForAProgram)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 127});
    for (const char *file : {"/usr/bin/nosuch", "/bin/nosuch"})
        rows.failed_exec(1, 11, file, "ENOENT");
    EXPECT_THAT(found_in(rows), ElementsAre(R"(sh (pid 11) found no program "nosuch" in 2 directories, from )"
                                            "/usr/bin/nosuch to /bin/nosuch"));
}

TEST(WhyReasons, AProgramThatIsNotPermittedIsNotMissing)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"sh"}, .exit_code = 126});
    rows.failed_exec(1, 11, "/usr/bin/tool", "EACCES");
    rows.failed_exec(1, 11, "/bin/tool", "ENOENT");
    EXPECT_THAT(found_in(rows), ElementsAre("sh (pid 11) could not execute /usr/bin/tool: Permission denied (EACCES)"));
}

TEST(WhyReasons, CountsArgumentsThatAreTooLong)
{
    Rows rows = rows_of(cat);
    rows.failed_exec(1, 10, "/bin/tool", "E2BIG");
    EXPECT_THAT(found_in(rows), ElementsAre(testing::EndsWith("(E2BIG) (1 argument seen, 5 bytes)")));
}

TEST(WhyReasons, AShellExitsWith127)
{
    Rows rows = rows_of({.id = 1, .pid = 10, .args = {"sh", "-c", "nosuch"}, .exit_code = 127});
    EXPECT_THAT(found_in(rows),
                ElementsAre("sh (pid 10) exited with 127, as shells do for a command that they do not find"));
}

TEST(WhyReasons, NothingIsClaimedOfAnythingElse)
{
    Rows rows = rows_of(cat);
    rows.open(1, 10, "/etc/passwd");
    EXPECT_THAT(found_in(rows), IsEmpty());
}

} // namespace
} // namespace snoop::snoop_why
