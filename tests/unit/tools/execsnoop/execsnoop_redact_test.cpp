// SPDX-License-Identifier: BSD-2-Clause
// execsnoop --redact: an exec is redacted as a whole, whatever records it came in.
#include "unit/exec.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace {

using namespace std::string_literals;
using nlohmann::json;

class ExecsnoopRedact : public ExecsnoopReplay {
protected:
    json object(const std::vector<Record> &records, std::vector<std::string> options)
    {
        options.insert(options.end(), {"-o", "json"});
        const Finished f = replay(records, options);
        EXPECT_EQ(f.exit, 0) << f.err;
        return f.out.empty() ? json{} : json::parse(f.out.substr(0, f.out.find('\n')));
    }
};

TEST_F(ExecsnoopRedact, Text)
{
    const ExecSpec spec{.args = {"ls", "--token=hunter2", "-l"}};
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "secrets"}), text_row("/bin/ls --token=*** -l", spec));
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "/bin/ls --tok"}), text_row("*** ***en=hunter2 -l", spec));
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "s -{2}t", "--redact", "-l"}),
              text_row("/bin/l*** ***oken=hunter2 ***", spec));
}

// A secret that is in two records.
TEST_F(ExecsnoopRedact, ArgumentsInPieces)
{
    const ExecSpec spec{.args = {"ls", "--token=hunter2", "-l"}};
    for (std::size_t piece = 1; piece < 30; piece++) {
        EXPECT_EQ(rows(exec_in_pieces(spec, piece), {"--redact", "secrets"}), text_row("/bin/ls --token=*** -l", spec));
        EXPECT_EQ(rows(exec_in_pieces(spec, piece), {"--redact", "hunter2"}), text_row("/bin/ls --token=*** -l", spec));
    }
}

// The rest of a secret may be missing, so the last word is hidden.
TEST_F(ExecsnoopRedact, CutArguments)
{
    const ExecSpec spec{.args = {"ls", "-l", "hunt"}, .flags = SNOOP_FLAG_TRUNCATED, .args_total = 30};
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "hunter2"}), text_row("/bin/ls -l *** <cut: 10 of 29 bytes>", spec));
    std::vector<Record> lost = exec_in_pieces({.args = {"ls", "-l", "hunter2"}}, 10);
    lost.pop_back();
    EXPECT_EQ(rows(lost, {"--redact", "hunter2"}), text_row("/bin/ls -l *** <cut: 9 of 13 bytes>"));
}

// The sizes are those of what is shown.
TEST_F(ExecsnoopRedact, Json)
{
    const ExecSpec spec{.filename = "/opt/x1/p",
                        .args = {"p", "x1=1", "", "x1"},
                        .comm = "x1",
                        .pcomm = "ax1",
                        .process = "x1b",
                        .interp = "/bin/x1",
                        .cwd = {"x1", "srv"},
                        .resolved_is = EXEC_RESOLVED_FILE,
                        .resolved = {"p", "x1"}};
    ExecSpec with_cwd = spec;
    with_cwd.flags = EXEC_FLAG_HAS_CWD;
    const json row = object({exec_head(with_cwd)}, {"--redact", "x1"});
    EXPECT_EQ(row["args"], (json{"p", "***=1", "", "***"}));
    EXPECT_EQ(row["args_bytes"], 13);
    EXPECT_EQ(row["filename"], "/opt/***/p");
    EXPECT_EQ(row["interp"], "/bin/***");
    EXPECT_EQ(row["resolved"], "/***/p");
    EXPECT_EQ(row["cwd"], "/srv/***");
    EXPECT_EQ(row["comm"], "***");
    EXPECT_EQ(row["pcomm"], "a***");
    EXPECT_EQ(row["process"], "***b");
    EXPECT_EQ(row["truncated"], false);
}

// -l and -n see the text as it was.
TEST_F(ExecsnoopRedact, FiltersSeeTheOriginal)
{
    const ExecSpec spec{.args = {"ls", "hunter2"}};
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "hunter2", "-l", "hunter2"}), text_row("/bin/ls ***", spec));
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "hunter2", "-l", "***"}), "");
    EXPECT_EQ(rows({exec_head(spec)}, {"--redact", "^ls$", "-n", "ls"}),
              text_row("/bin/ls hunter2", {.args = spec.args, .comm = "***"}));
}

TEST_F(ExecsnoopRedact, Environment)
{
    const std::string env = "A=1\0TOKEN=new1\0"s, before = "TOKEN=old22\0B=1\0"s;
    ExecSpec spec{.flags = SNOOP_FLAG_MORE};
    spec.who.flags = WHO_HAS_ENV;
    spec.who.env_total = static_cast<std::uint32_t>(env.size());
    spec.who.before_ns = 5;
    const std::vector<Record> records{
        exec_env_before(spec, before), exec_head(spec), exec_more(spec, "ls\0"s, SNOOP_FLAG_MORE),
        exec_env(spec, env.substr(0, 12), SNOOP_FLAG_MORE), exec_env(spec, env.substr(12))};
    const json row = object(records, {"--redact", "secrets", "--env", "TOKEN,A", "--env-diff"});
    EXPECT_EQ(row["env"], (json{{"TOKEN", "***"}, {"A", "1"}}));
    EXPECT_EQ(row["env_diff"], (json{{"added", {"A"}}, {"removed", {"B"}}, {"changed", {"TOKEN"}}}));
}

ExecSpec ending(ExecSpec spec)
{
    spec.flags |= EXEC_FLAG_EXIT_FOLLOWS;
    return spec;
}

TEST_F(ExecsnoopRedact, KillersAndTrees)
{
    const ExecSpec spec{.args = {"ls", "hunter2"}};
    exec_exit end{};
    end.rec.flags = EXIT_FLAG_KILLED_BY;
    end.killer_pid = 7;
    "hunter2"s.copy(end.killer_comm, SNOOP_COMM_LEN);
    const json row = object({exec_head(ending(spec)), exec_end(spec, 1000, 9, end)}, {"--exit", "--redact", "hunter2"});
    EXPECT_EQ(row["args"], (json{"ls", "***"}));
    EXPECT_EQ(row["killed_by"]["comm"], "***");
    const Finished f =
        replay({exec_head(ending(spec)), exec_end(spec, 1000, 9, end)}, {"--tree", "--exit", "--redact", "hunter2"});
    EXPECT_EQ(f.out.find("hunter2"), std::string::npos) << f.out;
    EXPECT_NE(f.out.find("/bin/ls ***"), std::string::npos) << f.out;
}

} // namespace
