// SPDX-License-Identifier: BSD-2-Clause
// Checks which words of scripts name something that must be found.
#include "snoop-why/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snoop::snoop_why {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WhySource, FindsImports)
{
    EXPECT_THAT(imports_of("import os, a.b as c\nfrom d.e import f\nimport sys; import g # h\n"),
                ElementsAre("os", "a", "d", "g"));
}

// No directory need have these.
TEST(WhySource, LeavesOutModulesThatPythonHasInItself)
{
    EXPECT_THAT(imports_of("import sys, mmap, resource\nimport _socket\n"), IsEmpty());
}

// A module that is imported on a condition may be missing.
TEST(WhySource, LeavesOutConditionsAndRelativeImports)
{
    EXPECT_THAT(imports_of("try:\n    import a\nexcept ImportError:\n\timport b\nfrom . import c\nx = 'import d'\n"),
                IsEmpty());
}

std::vector<std::string> names_of(std::string_view text)
{
    std::vector<std::string> names;

    for (const ShellCommand &each : commands_of(text))
        names.push_back(each.name);
    return names;
}

TEST(WhySource, FindsCommands)
{
    EXPECT_THAT(names_of("a -x | b; c && d || e & f\nif g; then h; fi\nX=1 i j\n! k\n"),
                ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "k"));
    EXPECT_EQ(commands_of("#!/bin/sh\nset -e\na\n").at(0), (ShellCommand{"a", 3}));
}

TEST(WhySource, LeavesOutWhatIsNone)
{
    EXPECT_THAT(names_of("f() { :; }\nf\necho 'a; b' \"c | d\" # ; e\n./g\n$h\nX=1\ncd /\n"), IsEmpty());
}

TEST(WhySource, FindsTheLineThatIncludes)
{
    EXPECT_EQ(line_that_includes("int x;\n # include <sys/x.h>\n", "sys/x.h"), 2U);
    EXPECT_EQ(line_that_includes("#include \"x.h\"\n", "x.h"), 1U);
    EXPECT_EQ(line_that_includes("#include <x.h>\n", "include/x.h"), 1U);
    EXPECT_EQ(line_that_includes("#include <x.h>\n", "include/yx.h"), std::nullopt);
    for (const char *text : {"", "x.h", "#include <x.h", "#include <sys/x.h>", "// <x.h>", "#if __has_include(<x.h>)\n",
                             "#if __has_include(<x.h>)\n#include <x.h>\n"})
        EXPECT_EQ(line_that_includes(text, "x.h"), std::nullopt) << text;
}

} // namespace
} // namespace snoop::snoop_why
