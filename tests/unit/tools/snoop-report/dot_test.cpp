// SPDX-License-Identifier: BSD-2-Clause
// A tree of programs for Graphviz.
#include "base/error.hpp"
#include "exec_rows.hpp"
#include "snoop-report/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snoop::snoop_report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string dot(const Forest &forest, std::string_view title = "")
{
    Buffer out;

    write_dot(forest, title, out);
    return {out.data(), out.size()};
}

TEST(Dot, ShowsProgramsAndWhoStartedThem)
{
    EXPECT_EQ(dot(small_build(), "make \"-j2\""),
              "digraph programs {\n"
              "  label=\"make \\\"-j2\\\"\";\n"
              "  rankdir=LR;\n"
              "  node [shape=box, fontname=\"monospace\", fontsize=10];\n"
              "  p0 [label=\"make -j2\\n10, exit 2, 0.009000 s\", color=red, fontcolor=red];\n"
              "  p1 [label=\"sh -c 'exec cc'\\n11, called exec again, 0.001000 s\"];\n"
              "  p0 -> p1;\n"
              "  p1 -> p2 [style=dashed, label=exec];\n"
              "  p2 [label=\"cc\\n11, exit 0, 0.004000 s\"];\n"
              "  p0 -> p2;\n"
              "  p3 [label=\"ld 'a b'\\n12, end not seen\"];\n"
              "  p0 -> p3;\n"
              "  f0 [style=dashed, color=red, fontcolor=red, label=\"as\\nENOENT: /usr/bin/as\"];\n"
              "  p3 -> f0;\n"
              "}\n");
}

TEST(Dot, NamesStayInTheirLabels)
{
    const std::string text =
        dot(forest_of({{.id = 1, .pid = 10, .file = "/a", .args = {"\"];\nx\\N"}, .signal = "SIGSEGV"}}));

    EXPECT_THAT(text, HasSubstr(R"([label="$'\"];\\nx\\\\N'\n10, SIGSEGV")"));
    EXPECT_THAT(text, Not(HasSubstr("];\nx")));
}

std::vector<ExecRow> rows(std::size_t count)
{
    std::vector<ExecRow> all;

    for (std::size_t i = 1; i <= count; i++)
        all.push_back({.id = i, .pid = static_cast<std::uint32_t>(i), .file = "/bin/a", .begin_ns = i});
    return all;
}

TEST(Dot, RefusesMoreThanAPictureCanHold)
{
    EXPECT_THAT(dot(forest_of(rows(most_in_dot))), HasSubstr("p499 ["));
    try {
        dot(forest_of(rows(most_in_dot + 1)));
        FAIL() << "501 programs were drawn";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_runtime);
        EXPECT_THAT(error.what(), HasSubstr("501 programs and failed execs are too many"));
    }
}

} // namespace
} // namespace snoop::snoop_report
