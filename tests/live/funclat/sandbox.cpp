// SPDX-License-Identifier: BSD-2-Clause
// funclat gives up what measuring does not need.
#include "sandbox.hpp"
#include "funclat/funclat.hpp"

#include <linux/capability.h>

namespace snoop::test {
namespace {

using testing::IsEmpty;

TEST_F(Funclat, NeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(uprobe);
    SNOOP_NEEDS(strace);
    for (const Args &how : {Args{"-i", "0.1"}, Args{"--slower", "1us", "-o", "json"}}) {
        Args args = how;
        args.insert(args.end(), {own("snoop_sleep"), "--", Load::self(), "sleep", "1", "50", "20"});
        ToolRun tool{"funclat", args, {.env = worker.env()}};
        expect_sandboxed(tool.pid(), std::uint64_t{1} << CAP_KILL);
        Strace strace{tool.pid()};
        EXPECT_EQ(tool.wait(), 0) << tool.err();
        EXPECT_FALSE(tool.lines().empty());
        EXPECT_THAT(strace.refused(), IsEmpty()) << how.front();
    }
}

} // namespace
} // namespace snoop::test
