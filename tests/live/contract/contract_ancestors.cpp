// SPDX-License-Identifier: BSD-2-Clause
// --ancestors and --under.
#include "contract/contract.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop::test {

namespace {

using testing::HasSubstr;

// Runs a script with a copy of the shell, whose name is that of the file.
Step run_by(const std::string &shell, const std::string &script, const std::vector<std::string> &args)
{
    return [=] {
        std::vector<const char *> argv{"sh", "-c", script.c_str(), "sh"};
        for (const std::string &arg : args)
            argv.push_back(arg.c_str());
        argv.push_back(nullptr);
        execv(shell.c_str(), const_cast<char *const *>(argv.data()));
        _exit(1);
    };
}

std::string copy_of_shell(const TempDir &dir, const std::string &name)
{
    std::filesystem::copy_file("/bin/sh", dir.at(name));
    return dir.at(name);
}

// Rows of the event itself, not of the shells that lead to it.
auto is_of(const std::string &mark, const std::string &shell)
{
    return [=](const Json &row) { return row.dump().find(mark) != std::string::npos && row["comm"] != shell; };
}

} // namespace

TEST_P(Contract, Ancestors)
{
    const std::string mark = marker(), file = dir.file(mark, ""), shell = copy_of_shell(dir, "boss");
    const std::string script = "printf liar >/proc/$$/comm; (" + command() + " \"$1\"); exit 0";
    ToolRun tool{name(), {"-o", "json", "--ancestors"}};

    // The shell renames itself; the name after its exec is the one that counts.
    EXPECT_EQ(in_child(run_by(shell, script, {file})).status, 0);
    const Json row = tool.row_where(is_of(mark, "boss"));
    const Json &ancestors = row["ancestors"];
    ASSERT_GE(ancestors.size(), 1u);
    EXPECT_EQ(ancestors[0]["comm"], "boss");
    EXPECT_EQ(ancestors[0]["exec_id"], row["parent_exec_id"]);
    EXPECT_LE(ancestors.size(), 16u);
    std::set<std::string> different;
    for (const Json &one : ancestors)
        different.insert(std::string{one["exec_id"]});
    EXPECT_EQ(different.size(), ancestors.size());
}

TEST_P(Contract, AncestorsOnlyIfAskedFor)
{
    const std::string mark = marker();
    ToolRun tool{name(), {"-o", "json"}}, fields{name(), {"-o", "json", "--fields", "pid,ancestors"}};

    happen(mark);
    const Json row = tool.row_with(mark);
    EXPECT_FALSE(row.contains("ancestors"));
    EXPECT_TRUE(fields.row_where([&](const Json &r) { return r["pid"] == row["pid"]; })["ancestors"].is_array());
}

TEST_P(Contract, ManyAncestorsAndReplay)
{
    const std::string mark = marker(), file = dir.at("recording");
    const std::string script =
        dir.file("script",
                 "if [ $1 -gt 0 ]; then /bin/sh \"$0\" $(($1 - 1)) \"$2\"; exit; fi\n" + command() + " \"$2\"; exit\n");
    const std::string marked = dir.file(mark, "");
    ToolRun tool{name(), {"--ancestors", "--record", file}};

    EXPECT_EQ(in_child(run_by("/bin/sh", "/bin/sh \"$1\" 20 \"$2\"; exit", {script, marked})).status, 0);
    std::string sixteen = "sh";
    for (int i = 1; i < 16; i++)
        sixteen += "<sh";
    const std::string line = tool.line_where(
        [&](const std::string &text) { return text.find(mark) != text.npos && text.find(sixteen) != text.npos; });
    EXPECT_EQ(line.find(sixteen + "<"), line.npos);
    EXPECT_THAT(tool.lines().front(), HasSubstr(" ANCESTORS "));
    EXPECT_EQ(tool.stop(), 0);

    EXPECT_EQ(run_tool(name(), {"--ancestors", "--replay", file}).out, tool.out());
    const Outcome json = run_tool(name(), {"-o", "json", "--ancestors", "--replay", file});
    EXPECT_EQ(json.code, 0);
    EXPECT_THAT(json.out, HasSubstr(R"("ancestors":[{"pid":)"));
}

// Two programs of the name: one that runs already, and one to come, whose child is an orphan.
TEST_P(Contract, UnderName)
{
    const std::string older = marker(), newer = marker(), no = marker();
    const std::string shell = copy_of_shell(dir, "boss");
    for (const char *fifo : {"one", "two"})
        ASSERT_EQ(mkfifo(dir.at(fifo).c_str(), 0600), 0);
    Process first{
        run_by(shell, "read x <\"$2\"; " + command() + " \"$1\"; exit", {dir.file(older, ""), dir.at("one")})};
    ASSERT_TRUE(eventually([&] { return read_file("/proc/" + std::to_string(first.pid()) + "/comm") == "boss\n"; }));
    ToolRun tool{name(), {"--under", "boss"}};

    happen(no);
    EXPECT_EQ(in_child(run_by(shell, "(read x <\"$2\"; " + command() + " \"$1\") & exit 0",
                              {dir.file(newer, ""), dir.at("two")}))
                  .status,
              0);
    write_file(dir.at("one"), "go\n");
    write_file(dir.at("two"), "go\n");
    tool.line_with(newer);
    tool.line_with(older);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

TEST_P(Contract, NotUnderName)
{
    const std::string yes = marker(), no = marker(), file = dir.file(no, "");
    const std::string shell = copy_of_shell(dir, "boss");
    ToolRun tool{name(), {"--under", "!boss"}};

    EXPECT_EQ(in_child(run_by(shell, "(" + command() + " \"$1\"); exit 0", {file})).status, 0);
    happen(yes);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

TEST_P(Contract, UnderPid)
{
    const std::string yes = marker(), no = marker(), fifo = dir.at("fifo");
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    Process shell{run_by("/bin/sh", "read x <\"$2\"; (" + command() + " \"$1\"); exit", {dir.file(yes, ""), fifo})};
    ToolRun tool{name(), {"--under", std::to_string(shell.pid())}};

    happen(no);
    write_file(fifo, "go\n");
    EXPECT_EQ(shell.wait().status, 0);
    tool.line_with(yes);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_EQ(tool.count_with(no), 0u);
}

} // namespace snoop::test
