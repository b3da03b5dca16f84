// SPDX-License-Identifier: BSD-2-Clause
// --redact: what matches is in no row and no byte of a recording.
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace snoop::test {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_P(Contract, RedactsRowsAndRecordings)
{
    for (const std::string format : {"text", "json", "csv"}) {
        const std::string mark = marker(), file = dir.at("recording"), whole = dir.at("whole");
        ToolRun raw{name(), {"--record", whole, "-n", some_comm}};
        ToolRun tool{
            name(),
            {"--redact", mark, "--redact", some_comm, "--ancestors", "--record", file, "-n", some_comm, "-o", format}};
        happen(mark);
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(raw.stop(), 0);
        const auto is_redacted = AllOf(HasSubstr("***"), Not(HasSubstr(mark)), Not(HasSubstr(some_comm)));
        EXPECT_THAT(tool.out(), is_redacted);
        EXPECT_THAT(read_file(file), is_redacted);
        EXPECT_EQ(run_tool(name(), {"--replay", file, "--ancestors", "-o", format}).out, tool.out());

        // A recording that holds it is redacted when it is replayed; a filter sees it.
        ASSERT_THAT(read_file(whole), HasSubstr(mark));
        EXPECT_THAT(run_tool(name(), {"--replay", whole, "-n", some_comm, "--redact", mark, "--redact", some_comm,
                                      "--ancestors", "-o", format})
                        .out,
                    is_redacted);
    }
}

TEST_P(Contract, RedactRefusesInvalidExpressions)
{
    expect_refusal(2, {"--redact", "a("}, {"--redact: invalid regular expression 'a(': Unmatched ("});
    expect_refusal(2, {"--redact", "(a)\\1"}, {"--redact: '(a)", "has a back-reference"});
}

} // namespace snoop::test
