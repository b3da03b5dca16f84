// SPDX-License-Identifier: BSD-2-Clause
// --report, and the formats that snoop-report writes.
#include "unit/cli.hpp"

#include <string>
#include <vector>

namespace {

using namespace snoop;
using testing::HasSubstr;

constexpr ToolInfo reporting{"mysnoop", "Shows what is mine.", "Examples:\n  mysnoop -x     something", 1, "see", false,
                             true};

CommonOptions parsed(std::vector<std::string> args) { return test::parsed(std::move(args), reporting); }
std::string refusal(const std::vector<std::string> &args) { return test::refusal(args, reporting); }

TEST(ReportOptions, APageIfThereIsNoOtherFormat)
{
    EXPECT_EQ(parsed({"--report", "f"}).format, Format::html);
    EXPECT_EQ(parsed({"--report", "f", "-o", "dot"}).format, Format::dot);
    EXPECT_EQ(parsed({"-o", "folded"}).format, Format::folded);
    EXPECT_EQ(parsed({}).format, Format::text);
}

TEST(ReportOptions, RefuseFormatsOfRows)
{
    for (const std::string format : {"json", "csv", "otlp"})
        EXPECT_EQ(refusal({"--report", "f", "-o", format}),
                  "--report does not apply to -o " + format + ": omit one of them");
    EXPECT_THAT(refusal({"-o", "chrome", "--fields", "pid"}), HasSubstr("--fields does not apply to -o chrome"));
    EXPECT_THAT(refusal({"--report", "f", "--fields", "pid"}), HasSubstr("--fields does not apply to --report"));
}

TEST(ReportOptions, AreOfToolsThatMakeReports)
{
    EXPECT_THAT(test::refusal({"--report", "f"}), HasSubstr("--report"));
    EXPECT_THAT(test::refusal({"-o", "chrome"}), HasSubstr("chrome"));
}

TEST(ReportOptions, HaveAllKeys)
{
    EXPECT_TRUE(parsed({"-o", "chrome"}).shows("cwd"));
    EXPECT_STREQ(format_name(Format::dot), "dot");
    EXPECT_TRUE(is_report(Format::html) && is_report(Format::dot) && !is_report(Format::otlp));
}

} // namespace
