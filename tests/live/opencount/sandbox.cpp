// SPDX-License-Identifier: BSD-2-Clause
// opencount gives up what counting does not need.
#include "sandbox.hpp"
#include "opencount/opencount.hpp"

namespace snoop::test {
namespace {

using testing::IsEmpty;

TEST_F(Opencount, NeedsNothingThatIsRefused)
{
    SNOOP_NEEDS(strace);
    for (const char *by : {"path", "user", "unit"}) {
        ToolRun tool{"opencount", json_of_openers({"--by", by})};
        expect_sandboxed(tool.pid());
        Strace strace{tool.pid()};
        opens({"etc/passwd"})();
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_FALSE(tool.rows().empty());
        EXPECT_THAT(strace.refused(), IsEmpty()) << by;
    }
}

} // namespace
} // namespace snoop::test
