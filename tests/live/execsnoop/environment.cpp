// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: --env and --env-diff.
#include "accounting.hpp"
#include "execsnoop/execsnoop.hpp"

#include <unistd.h>

namespace snoop::test {
namespace {

class Environment : public Execsnoop {
protected:
    // Executes a program with this environment, which executes the program with an empty one.
    std::string from(const Args &env) const
    {
        const std::string mark = marker();
        const std::string caller = dir.file("caller", executing_program_bytes(program, {"x", mark}), 0755);
        EXPECT_EQ(run({.path = caller, .argv = {"caller"}, .env = env}).status, 0);
        return mark;
    }
    // Executes the program with this environment.
    std::string with(const Args &env, const Args &more_args = {}) const
    {
        const std::string mark = marker();
        Args argv{"x", mark};
        argv.insert(argv.end(), more_args.begin(), more_args.end());
        EXPECT_EQ(run({.path = program, .argv = argv, .env = env}).status, 0);
        return mark;
    }
};

TEST_F(Environment, ChosenVariables)
{
    ToolRun tool{"execsnoop", json({"--env", "PATH,LD_PRELOAD", "--env", "EMPTY"})};

    Json row =
        tool.row_with(with({"LD_PRELOAD=/a b.so", "SECRET=x", "PATHS=no", "PATH=/bin", "PATH=/second", "EMPTY="}));
    EXPECT_EQ(row["env"], (Json{{"PATH", "/bin"}, {"LD_PRELOAD", "/a b.so"}, {"EMPTY", ""}}));
    row = tool.row_with(with({}));
    EXPECT_EQ(row["env"], (Json{{"PATH", nullptr}, {"LD_PRELOAD", nullptr}, {"EMPTY", nullptr}}));
    EXPECT_FALSE(row.contains("env_diff"));
    // Beside arguments that need records of their own.
    const std::string large(100'000, 'x');
    row = tool.row_with(with({"A=" + large, "PATH=/" + large}, {large}));
    EXPECT_EQ(row["env"]["PATH"], "/" + large);
    EXPECT_EQ(row["truncated"], true); // the arguments, at 64 KiB
    EXPECT_EQ(tool.stop(), 0);
}

TEST_F(Environment, InText)
{
    ToolRun tool{"execsnoop", of_children({"--env", "A,B,C"})}, quoted{"execsnoop", of_children({"-q", "--env", "B"})};

    const std::string mark = with({"C=c", "B=two words\n", "X=x"});
    EXPECT_THAT(tool.line_with(mark), testing::EndsWith(" B=two words\\n C=c " + program + " " + mark));
    EXPECT_THAT(quoted.line_with(mark), testing::EndsWith(" B=$'two words\\n' " + program + " " + mark));
}

// The environment before is the one with which the test itself was started.
TEST_F(Environment, Difference)
{
    ToolRun tool{"execsnoop", json({"--env-diff"})}, text{"execsnoop", of_children({"--env-diff"})};
    const std::string own = read_file("/proc/self/environ"), name = own.substr(0, own.find('='));
    ASSERT_NE(own, "") << "the test needs an environment";

    const std::string mark = with({name + "=another value", "SNOOP_NEW=1"});
    Json row = tool.row_with(mark);
    EXPECT_EQ(row["env_diff"]["added"], Json::array({"SNOOP_NEW"}));
    EXPECT_EQ(row["env_diff"]["changed"], Json::array({name}));
    EXPECT_FALSE(row.contains("env"));
    EXPECT_THAT(text.line_with(mark), testing::HasSubstr(" +SNOOP_NEW,~" + name));

    // Unchanged.
    Args same;
    for (std::size_t at = 0; at < own.size(); at = own.find('\0', at) + 1)
        same.emplace_back(own.c_str() + at);
    const std::string unchanged = with(same);
    row = tool.row_with(unchanged);
    EXPECT_EQ(row["env_diff"],
              (Json{{"added", Json::array()}, {"changed", Json::array()}, {"removed", Json::array()}}));
    EXPECT_THAT(text.line_with(unchanged), testing::HasSubstr(" none "));
}

// The caller was started with an environment of its own, and passes on none.
TEST_F(Environment, OfTheCallersStart)
{
    ToolRun tool{"execsnoop", json({"--env-diff"})};

    const Json row = tool.row_with(from({"B=1", "A=2"}));
    EXPECT_EQ(row["env_diff"], (Json{{"added", Json::array()}, {"changed", Json::array()}, {"removed", {"A", "B"}}}));
}

// In a recording, both are kept.
TEST_F(Environment, Recorded)
{
    const std::string file = dir.at("record");
    ToolRun tool{"execsnoop", json({"--env-diff", "--record", file})};

    const std::string mark = with({"SNOOP_NEW=1"});
    const Json row = tool.row_with(mark);
    EXPECT_EQ(tool.stop(), 0);
    const Outcome again = run_tool("execsnoop", {"--replay", file, "-o", "json", "--env", "SNOOP_NEW", "--env-diff"});
    ASSERT_EQ(again.code, 0) << again.err;
    for (const std::string &line : again.lines()) {
        const Json object = Json::parse(line);
        if (line.find(mark) == std::string::npos)
            continue;
        EXPECT_EQ(object["env"], (Json{{"SNOOP_NEW", "1"}}));
        EXPECT_EQ(object["env_diff"], row["env_diff"]);
    }
}

} // namespace
} // namespace snoop::test
