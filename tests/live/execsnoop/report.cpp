// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --report, and -o chrome and folded: snoop-report makes them of the rows.
#include "base/fd.hpp"
#include "execsnoop/execsnoop.hpp"
#include "fixtures.hpp"
#include "privileges.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Reports : public Execsnoop {
protected:
    static Json trace_in(const std::string &file)
    {
        const Json trace = Json::parse(read_file(file));
        Json programs = Json::object();
        for (const Json &event : trace["traceEvents"])
            if (event["ph"] != "M")
                programs[event["name"].get<std::string>()] = event;
        return programs;
    }
    // A shell that fails to execute a program, runs this one, and exits with 3.
    [[nodiscard]] std::string script(const std::string &mark) const
    {
        return "/nonexistent; echo of-command; " + program + " " + mark + "; exit 3";
    }
    const std::string file = dir.at("report");
};

TEST_F(Reports, CommandKeepsStdoutAndStatus)
{
    SNOOP_NEEDS(reporter);
    const std::string mark = marker();
    const Outcome done = run_tool("execsnoop", {"--report", file, "-o", "chrome", "--", "sh", "-c", script(mark)});
    EXPECT_EQ(done.code, 3) << done.err;
    EXPECT_EQ(done.out, "of-command\n");
    const Json programs = trace_in(file);
    EXPECT_EQ(programs["sh"]["args"]["status"], "exit 3");
    EXPECT_EQ(programs["prog"]["args"]["command"], program + " " + mark);
    EXPECT_EQ(programs["prog"]["args"]["parent"], "sh");
    EXPECT_EQ(programs["ENOENT: /nonexistent"]["ph"], "i");
    EXPECT_FALSE(programs.contains("snoop-report"));
}

TEST_F(Reports, PageIsForItsOwnerAlone)
{
    SNOOP_NEEDS(reporter);
    const std::string mark = marker();
    const Outcome done = run_tool("execsnoop", {"--report", file, "--", "sh", "-c", script(mark)});
    struct stat about {};

    EXPECT_EQ(done.code, 3) << done.err;
    EXPECT_THAT(done.err, HasSubstr(" + lost 0\n"));
    ASSERT_EQ(stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600u);
    EXPECT_THAT(read_file(file), AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr(mark), HasSubstr("/nonexistent")));
}

// A copy of the tool, with nothing beside it.
TEST_F(Reports, OldReportStaysWithoutSnoopReport)
{
    const std::string copy = dir.at("execsnoop");
    std::filesystem::copy_file(tool_path("execsnoop"), copy);
    write_file(file, "old");
    const Outcome done = run_tool("execsnoop", {"--report", file}, {.env = {{"PATH", dir.at("")}}, .program = copy});

    EXPECT_EQ(done.code, 3);
    EXPECT_THAT(done.err, HasSubstr("--report needs snoop-report, which is neither in"));
    EXPECT_EQ(read_file(file), "old");
}

TEST_F(Reports, OldReportStaysWithoutTheCommand)
{
    SNOOP_NEEDS(reporter);
    write_file(file, "old");
    const Outcome done = run_tool("execsnoop", {"--report", file, "--", "no-such-program"});

    EXPECT_EQ(done.code, 127);
    EXPECT_EQ(read_file(file), "old");
}

TEST_F(Reports, StdoutGetsStacks)
{
    SNOOP_NEEDS(reporter);
    ToolRun tool{"execsnoop", of_children({"-o", "folded"})};

    EXPECT_EQ(run({.path = program, .argv = {"prog"}}).status, 0);
    EXPECT_EQ(tool.stop(), 0) << tool.err();
    EXPECT_THAT(tool.out(), testing::MatchesRegex("prog [0-9]+\n"));
}

// A terminal sends SIGINT to the whole process group, snoop-report included.
TEST_F(Reports, InterruptWritesTheReport)
{
    SNOOP_NEEDS(reporter);
    ToolRun tool{"execsnoop", of_children({"--report", file, "-o", "chrome"}), {.in_child = [] { setpgid(0, 0); }}};

    EXPECT_EQ(run({.path = program, .argv = {"prog"}}).status, 0);
    ASSERT_EQ(kill(-tool.pid(), SIGINT), 0);
    EXPECT_EQ(tool.wait(), 0) << tool.err();
    EXPECT_EQ(trace_in(file)["prog"]["args"]["status"], "exit 0");
}

TEST_F(Reports, NothingToReportIsAnError)
{
    SNOOP_NEEDS(reporter);
    ToolRun tool{"execsnoop", {"-P", std::to_string(getpid()), "-o", "folded"}};

    EXPECT_EQ(tool.stop(), 1);
    EXPECT_THAT(tool.err(), HasSubstr("execsnoop: there is no report: no process was seen\n"));
    EXPECT_EQ(tool.out(), "");
}

// It cannot become nobody in a container. snoop-report has no capability there, either.
TEST_F(Reports, RootWithTwoCapabilitiesStaysRoot)
{
    SNOOP_NEEDS(reporter);
    ToolRun tool{"execsnoop", of_children({"-o", "folded"}), {.in_child = [] {
                     keep_capabilities({cap_bpf, cap_perfmon});
                 }}};
    const std::string pid = std::to_string(tool.pid()),
                      helper = read_file("/proc/" + pid + "/task/" + pid + "/children");

    EXPECT_THAT(read_file("/proc/" + helper.substr(0, helper.find(' ')) + "/status"),
                AllOf(HasSubstr("snoop-report"), HasSubstr("CapPrm:\t0000000000000000"),
                      HasSubstr("CapEff:\t0000000000000000")));
    EXPECT_EQ(run({.path = program, .argv = {"prog"}}).status, 0);
    EXPECT_EQ(tool.stop(), 0) << tool.err();
    EXPECT_THAT(tool.out(), HasSubstr("prog "));
}

// Nobody reads the pipe: the tool ends nevertheless.
TEST_F(Reports, FullPipeDoesNotHoldTheTool)
{
    SNOOP_NEEDS(reporter);
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd from{ends[0]}, to{ends[1]};
    fcntl(from.get(), F_SETPIPE_SZ, 4096);
    ToolRun tool{"execsnoop", of_children({"-o", "chrome"}), {.out_fd = to.get()}};

    for (int i = 0; i < 50; i++)
        EXPECT_EQ(run({.path = program, .argv = {"prog", std::string(500, 'x')}}).status, 0);
    EXPECT_EQ(tool.stop(), 1) << tool.err();
    EXPECT_THAT(tool.err(), HasSubstr("execsnoop: nobody reads the report: snoop-report waits to write it\n"));
}

} // namespace
} // namespace snoop::test
