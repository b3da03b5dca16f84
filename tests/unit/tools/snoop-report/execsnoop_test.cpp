// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --report and -o chrome, folded and dot: it starts snoop-report, here for a recording.
#include "unit/exec.hpp"

#include <gmock/gmock.h>

#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

using testing::HasSubstr;

class ReportOfReplay : public ExecsnoopReplay {
protected:
    // make, of which the end follows, runs for 7 ms.
    static std::vector<Record> make()
    {
        ExecSpec exec{.filename = "/usr/bin/make", .args = {"make", "-j2"}, .comm = "make", .pid = 10};
        exec.flags = EXEC_FLAG_EXIT_FOLLOWS;
        exec.exec_id = 110;
        return {exec_head(exec)};
    }
    TempDir dir_;
    const std::string file_ = dir_ / "report";
};

TEST_F(ReportOfReplay, IsWrittenToStdout)
{
    const Finished chrome = replay(make(), {"-o", "chrome"});
    EXPECT_EQ(chrome.exit, 0) << chrome.err;
    EXPECT_THAT(chrome.out, HasSubstr(R"("args":{"command":"make -j2","status":"end not seen","pid":10)"));
    EXPECT_THAT(chrome.err, HasSubstr("execsnoop: seen 1 = printed 1 + filtered 0 + lost 0\n"));
    const Finished dot = replay(make(), {"-o", "dot"});
    EXPECT_EQ(dot.exit, 0) << dot.err;
    EXPECT_THAT(dot.out, HasSubstr("p0 [label=\"make -j2\\n10, end not seen\"]"));
}

TEST_F(ReportOfReplay, IsWrittenToAFile)
{
    const Finished page = replay(make(), {"--report", file_});
    struct stat about {};

    EXPECT_EQ(page.exit, 0) << page.err;
    EXPECT_EQ(page.out, "");
    EXPECT_THAT(read_file(file_), HasSubstr(R"("title":"make -j2")"));
    ASSERT_EQ(stat(file_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600u);
    EXPECT_EQ(replay(make(), {"--report", file_, "-o", "dot"}).exit, 0);
    EXPECT_THAT(read_file(file_), testing::StartsWith("digraph"));
}

TEST_F(ReportOfReplay, FailsIfThereIsNothingToReport)
{
    const Finished f = replay({}, {"-o", "folded"});

    EXPECT_EQ(f.exit, 1);
    EXPECT_THAT(f.err, HasSubstr("execsnoop: there is no report: no process was seen\n"));
}

TEST_F(ReportOfReplay, FailsIfTheFileCannotBeCreated)
{
    const Finished f = replay(make(), {"--report", dir_ / "missing/report"});

    EXPECT_EQ(f.exit, 2);
    EXPECT_THAT(f.err, testing::StartsWith("execsnoop: --report: "));
}

TEST_F(ReportOfReplay, RefusesWhatDoesNotFit)
{
    for (const std::string format : {"json", "csv", "otlp"}) {
        const Finished f = replay(make(), {"--report", file_, "-o", format});
        EXPECT_EQ(f.exit, 2);
        EXPECT_EQ(f.err, "execsnoop: --report does not apply to -o " + format + ": omit one of them\n");
    }
    EXPECT_EQ(replay(make(), {"-o", "chrome", "--fields", "pid"}).err,
              "execsnoop: --fields does not apply to -o chrome, which needs all keys: omit it\n");
    EXPECT_EQ(replay(make(), {"--report", file_, "--fields", "pid"}).err,
              "execsnoop: --fields does not apply to --report, which needs all keys: omit it\n");
    EXPECT_EQ(replay(make(), {"--report", file_, "--tree"}).exit, 2);
    EXPECT_NE(access(file_.c_str(), F_OK), 0);
}

} // namespace
