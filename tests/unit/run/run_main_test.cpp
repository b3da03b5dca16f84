// SPDX-License-Identifier: BSD-2-Clause
// How all tools treat their standard streams, tested with execsnoop.
#include "unit/exec.hpp"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;

class MainTest : public ExecsnoopReplay {
protected:
    // Runs a line of bash in which $0 is the tool and $1 the recording.
    Finished shell(const std::string &line, const std::vector<Record> &records = {exec_head({})})
    {
        snoop::EventCounters accounting;
        accounting.kernel.count[SNOOP_SEEN] = records.size();
        write_recording(path_, header_, records, accounting);
        return run_program({"bash", "-c", line, tool_path("execsnoop"), path_});
    }
};

void expect_one_line(const std::string &err)
{
    EXPECT_TRUE(err.starts_with("execsnoop: ")) << err;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
}

TEST_F(MainTest, Version)
{
    const Finished f = run_program({tool_path("execsnoop"), "--version"});
    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.out, std::string{"execsnoop "} + SNOOP_VERSION + "\n");
    EXPECT_EQ(f.err, "");
}

TEST_F(MainTest, Help)
{
    const Finished f = run_program({tool_path("execsnoop"), "--help"});
    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.err, "");
    for (const char *part : {"execsnoop", "--uid", "--replay", "--exit", "--line", "Examples:"})
        EXPECT_THAT(f.out, HasSubstr(part));
}

TEST_F(MainTest, StdoutIsClosed)
{
    for (const char *line : {R"("$0" --replay "$1" >&-)", R"("$0" --version >&-)", R"("$0" --help >&- <&-)"}) {
        const Finished f = shell(line);
        EXPECT_EQ(f.exit, 1) << line;
        expect_one_line(f.err);
        EXPECT_THAT(f.err, HasSubstr("stdout is closed"));
    }
}

TEST_F(MainTest, StdoutIsFull)
{
    for (const char *line : {R"("$0" --help >/dev/full)", R"("$0" --version >/dev/full)"}) {
        const Finished f = shell(line);
        EXPECT_EQ(f.exit, 1) << line;
        EXPECT_EQ(f.err, "execsnoop: cannot write to stdout: No space left on device (ENOSPC)\n");
    }
    const Finished rows = shell(R"("$0" --replay "$1" >/dev/full)");
    EXPECT_EQ(rows.exit, 1);
    EXPECT_THAT(rows.err, HasSubstr("cannot write to stdout: No space left on device (ENOSPC)"));
}

TEST_F(MainTest, OtherStreamsMayBeClosed)
{
    for (const char *line :
         {R"("$0" --replay "$1" <&-)", R"("$0" --replay "$1" 2>&-)", R"("$0" --replay "$1" <&- 2>&-)"}) {
        const Finished f = shell(line);
        EXPECT_EQ(f.exit, 0) << line;
        EXPECT_EQ(f.out, text_header() + text_row("/bin/ls")) << line;
    }
}

TEST_F(MainTest, PipeClosedBeforeFirstRow)
{
    Pipe pipe;
    pipe.reads.reset();
    const Finished f = replay({exec_head({}), exec_head({}), exec_head({})}, {}, {{}, "", pipe.writes.get()});
    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.err, "execsnoop: seen 3 = printed 0 + filtered 0 + lost 0 + after stop 3\n");

    const Finished version = run_program({tool_path("execsnoop"), "--version"}, {{}, "", pipe.writes.get()});
    EXPECT_EQ(version.exit, 0);
    EXPECT_EQ(version.err, "");
}

// Far more than a pipe holds, so that the tool still writes when head has left.
TEST_F(MainTest, PipeClosedAfterOneRow)
{
    const std::vector<Record> many(3000, exec_head({.args = {"ls", std::string(1000, 'x')}}));
    for (const std::string format : {"text", "json"}) {
        const Finished f =
            shell(R"("$0" --replay "$1" -o )" + format + R"( | head -n 1; exit "${PIPESTATUS[0]}")", many);
        EXPECT_EQ(f.exit, 0) << f.err;
        EXPECT_EQ(std::count(f.out.begin(), f.out.end(), '\n'), 1);
        EXPECT_EQ(std::count(f.err.begin(), f.err.end(), '\n'), 1) << f.err;
        EXPECT_EQ(f.err.find("EPIPE"), std::string::npos) << f.err;
    }
}

TEST_F(MainTest, WritesAllRowsToAFile)
{
    const std::string file = dir_ / "rows";
    const Finished f = shell(R"("$0" --replay "$1" >)" + file, std::vector<Record>(10000, exec_head({})));
    EXPECT_EQ(f.exit, 0) << f.err;
    const std::string out = read_file(file);
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 10001);
    EXPECT_EQ(f.err, "execsnoop: seen 10000 = printed 10000 + filtered 0 + lost 0\n");
}

// The error line may name a file, whose name is escaped as in a row.
TEST_F(MainTest, EscapesTheErrorLine)
{
    const Finished f = run_program({tool_path("execsnoop"), "--replay", "/no\nsuch\x1b[2J"});
    EXPECT_EQ(f.exit, 2);
    EXPECT_EQ(f.err, "execsnoop: --replay: cannot read '/no\\nsuch\\x1b[2J': No such file or directory (ENOENT)\n");
}

} // namespace
