// SPDX-License-Identifier: BSD-2-Clause
// execcount gives up what counting does not need.
#include "sandbox.hpp"
#include "execcount/execcount.hpp"

namespace snoop::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Execcount, NeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(strace);
    for (const char *by : {"uid", "container", "path"}) {
        ToolRun tool{"execcount", {"--by", by, "-i", "0.1", "-v"}};
        expect_sandboxed(tool.pid());
        Strace strace{tool.pid()};
        execute(program, 3);
        EXPECT_TRUE(eventually([&] { return !tool.lines().empty(); }));
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_THAT(strace.refused(), IsEmpty()) << by;
        EXPECT_THAT(tool.err(), HasSubstr(", no_new_privs, system-call filter\n"));
    }
}

TEST_F(Execcount, NeedsNothingThatIsRefusedOnATerminal)
{
    SNOOP_NEEDS(strace);
    SNOOP_NEEDS(tmux);
    const std::string log = dir.at("log");
    Terminal terminal{80, 24, {"strace", "-q", "-o", log, tool_path("execcount"), "-i", "0.2", "--by", "comm"}};

    terminal.wait_for("# total");
    execute(program);
    terminal.wait_for("prog");
    terminal.press("s");
    terminal.resize(100, 30);
    terminal.press("q");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_THAT(read_file(log), HasSubstr("seccomp(SECCOMP_SET_MODE_FILTER"));
    EXPECT_THAT(refused_calls(read_file(log)), IsEmpty());
}

} // namespace
} // namespace snoop::test
