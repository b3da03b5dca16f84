// SPDX-License-Identifier: BSD-2-Clause
// Checks which failures are reasons for certain, and which a program may have done without.
#include "rows.hpp"
#include "snoop-why/reasons.hpp"
#include "unit/files.hpp"

#include <gtest/gtest.h>

namespace snoop::snoop_why {
namespace {

// The reasons of the first program, which fails with this status.
struct Told {
    std::size_t certain = 0, possible = 0, others = 0;
    bool operator==(const Told &) const = default;
};

Told told_of(Rows &rows, bool is_live = false)
{
    const Reasons reasons = reasons_of(case_of(rows.forest(), 0, is_live));
    return {reasons.found.size(), reasons.possible.size(), reasons.others.size()};
}

Rows rows_of(const std::vector<std::string> &args, unsigned exit_code = 1)
{
    Rows rows;

    rows.exec({.id = 1, .pid = 10, .args = args, .exit_code = exit_code});
    return rows;
}

TEST(WhyCertainty, AFileThatOnlyTheProgramKnowsMayBeOptional)
{
    Rows rows = rows_of({"tool"});
    rows.open(1, 10, "/etc/tool.conf", "ENOENT");
    EXPECT_EQ(told_of(rows), (Told{0, 1, 0}));
}

TEST(WhyCertainty, OneThatTheCommandLineNamesIsNot)
{
    for (const char *arg :
         {"/etc/x.conf", "--config=/etc/x.conf", "-c/etc/x.conf", "@/etc/x.conf", "file:///etc/x.conf"}) {
        Rows rows = rows_of({"tool", arg});
        rows.open(1, 10, "/etc/x.conf", "ENOENT");
        EXPECT_EQ(told_of(rows), (Told{1, 0, 0})) << arg;
    }
    for (const char *arg : {"/srv/etc/x.conf", "x.conf", "-vc/etc/x.conf", "/etc/x.conf2"}) {
        Rows rows = rows_of({"tool", arg});
        rows.open(1, 10, "/etc/x.conf", "ENOENT");
        EXPECT_EQ(told_of(rows), (Told{0, 1, 0})) << arg;
    }
    Rows rows = rows_of({"tool", "conf/x"}); // in /src
    rows.open(1, 10, "/src/conf/x", "ENOENT");
    EXPECT_EQ(told_of(rows), (Told{1, 0, 0}));
}

TEST(WhyCertainty, LackOfRoomIsNeverOptional)
{
    Rows rows = rows_of({"tool"});
    rows.open(1, 10, "/var/tool", "ENOSPC", "O_CREAT");
    EXPECT_EQ(told_of(rows), (Told{1, 0, 0}));
}

TEST(WhyCertainty, ALoaderExitsWith127WithoutALibrary)
{
    for (const unsigned status : {1U, 127U}) {
        Rows rows = rows_of({"tool"}, status);
        rows.open(1, 10, "/lib/libx.so.1", "ENOENT");
        EXPECT_EQ(told_of(rows), (status == 127 ? Told{1, 0, 0} : Told{0, 1, 0}));
    }
}

TEST(WhyCertainty, TheStatusOfAProgramThatCouldNotExecuteAnother)
{
    for (const unsigned status : {1U, 126U, 127U}) {
        Rows rows = rows_of({"tool"}, status);
        rows.failed_exec(1, 11, "/bin/helper", "ENOENT");
        EXPECT_EQ(told_of(rows), (status == 1 ? Told{0, 1, 0} : Told{1, 0, 0}));
    }
    Rows rows = rows_of({"nohup", "helper"});
    rows.failed_exec(1, 10, "/bin/helper", "ENOENT");
    EXPECT_EQ(told_of(rows), (Told{1, 0, 0}));
}

TEST(WhyCertainty, AProgramThatIsThereIsNotOptional)
{
    Rows rows = rows_of({"tool"});
    rows.failed_exec(1, 11, "/bin/helper", "EACCES");
    EXPECT_EQ(told_of(rows), (Told{1, 0, 0}));
    Rows search = rows_of({"tool"}); // whose directories may deny
    search.failed_exec(1, 11, "/secret/helper", "EACCES");
    search.failed_exec(1, 11, "/bin/helper", "ENOENT");
    EXPECT_EQ(told_of(search), (Told{0, 1, 0}));
}

TEST(WhyCertainty, AShellReadsWhatItCouldNotExecute)
{
    Rows rows = rows_of({"sh"}, 126);
    rows.failed_exec(1, 11, "./tool", "ENOEXEC");
    rows.open(1, 11, "./tool");
    EXPECT_EQ(told_of(rows).others, 0U);
}

TEST(WhyCertainty, APathThatIsOnlyLookedAtIsNotMissed)
{
    Rows rows = rows_of({"cp", "a", "b"});
    rows.open(1, 10, "b", "ENOENT", "O_PATH");
    EXPECT_EQ(told_of(rows), (Told{0, 0, 1}));
}

TEST(WhyCertainty, ASourceThatIncludesAFileNeedsIt)
{
    const TempDir dir;
    for (const char *text : {"#include <sys/x.h>\n", "#if __has_include(<sys/x.h>)\n#include <sys/x.h>\n#endif\n"}) {
        write_file(dir / "a.c", text);
        Rows rows = rows_of({"cc1", "a.c"});
        rows.open(1, 10, dir / "a.c");
        rows.open(1, 10, "/usr/local/include/sys/x.h", "ENOENT");
        rows.open(1, 10, "/usr/include/sys/x.h", "ENOENT");
        EXPECT_EQ(told_of(rows, true), (text[1] == 'i' && text[2] == 'n' ? Told{1, 0, 0} : Told{0, 1, 0})) << text;
    }
}

TEST(WhyCertainty, ASignalMayEndAnExec)
{
    Rows rows = rows_of({"sh"}, 137);
    rows.failed_exec(1, 11, "/bin/tool", "EINTR");
    const Reasons reasons = reasons_of(case_of(rows.forest(), 0, false));
    ASSERT_EQ(reasons.possible.size(), 1U);
    EXPECT_EQ(reasons.possible[0].text, "sh (pid 11) was killed before it executed /bin/tool");
}

} // namespace
} // namespace snoop::snoop_why
