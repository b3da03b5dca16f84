// SPDX-License-Identifier: BSD-2-Clause
// execsnoop's rows of who executed a program, and with which environment.
#include "unit/exec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace std::string_literals;
using nlohmann::json;

class ExecsnoopWho : public ExecsnoopReplay {
protected:
    json object(const std::vector<Record> &records, std::vector<std::string> options = {})
    {
        options.insert(options.end(), {"-o", "json"});
        const Finished f = replay(records, options);
        EXPECT_EQ(f.exit, 0) << f.err;
        EXPECT_EQ(std::count(f.out.begin(), f.out.end(), '\n'), 1) << f.out;
        return f.out.empty() ? json{} : json::parse(f.out.substr(0, f.out.find('\n')));
    }
    json of(const exec_who &who) { return object({exec_head({.exe_dev = 1, .who = who})}); }

    // The records of an exec with an environment, and of one that had another before.
    static std::vector<Record> with_env(const std::string &env, const std::optional<std::string> &before = {})
    {
        ExecSpec spec{.flags = SNOOP_FLAG_MORE};
        spec.who.flags = WHO_HAS_ENV;
        spec.who.env_total = static_cast<std::uint32_t>(env.size());
        std::vector<Record> records;
        if (before) {
            spec.who.before_ns = 5;
            records.push_back(exec_env_before(spec, *before));
        }
        records.push_back(exec_head(spec));
        records.push_back(exec_more(spec, "ls\0"s, SNOOP_FLAG_MORE));
        records.push_back(exec_env(spec, env));
        return records;
    }
};

exec_who on_terminal(const std::string &name)
{
    exec_who who{};
    std::copy(name.begin(), name.end(), who.tty);
    return who;
}

TEST_F(ExecsnoopWho, Terminal)
{
    EXPECT_EQ(of(on_terminal("pts12"))["tty"], "pts/12");
    EXPECT_EQ(of(on_terminal("ttyS0"))["tty"], "ttyS0");
    EXPECT_EQ(of(on_terminal("pts"))["tty"], "pts");
    EXPECT_EQ(of(on_terminal(std::string(EXEC_TTY_LEN, 'x')))["tty"], std::string(EXEC_TTY_LEN, 'x'));
}

TEST_F(ExecsnoopWho, Privileges)
{
    EXPECT_EQ(of({.gained = 1})["privileges"], nullptr);
    EXPECT_EQ(of({.flags = WHO_KNOWS_GAIN})["privileges"], json::array());
    EXPECT_EQ(of({.gained = 1ull << 13 | 1ull << 63, .flags = WHO_KNOWS_GAIN | WHO_SETUID | WHO_SETGID})["privileges"],
              json::array({"setuid", "setgid", "cap_net_raw", "cap_63"}));
}

TEST_F(ExecsnoopWho, Ids)
{
    const json row = of({.euid = 1, .egid = 2, .user_ns = 3, .ns_uid = 4});
    EXPECT_EQ(row["euid"], 1);
    EXPECT_EQ(row["egid"], 2);
    EXPECT_EQ(row["user_ns"], 3);
    EXPECT_EQ(row["ns_uid"], 4);
    EXPECT_EQ(of({.ns_uid = UINT32_MAX})["ns_uid"], nullptr);
    EXPECT_EQ(object({exec_head({.auid = UINT32_MAX})})["auid"], nullptr);
    EXPECT_EQ(object({exec_head({.auid = UINT32_MAX})})["auid_user"], nullptr);
    EXPECT_EQ(object({exec_head({.auid = nobody_has_this_id})})["auid"], nobody_has_this_id);
    EXPECT_EQ(rows_below("AUID_USER  ARGS\n", {exec_head({})}, {"--fields", "auid_user,args"}), "root       /bin/ls\n");
}

TEST_F(ExecsnoopWho, KindOfFile)
{
    json row = of({});
    EXPECT_EQ(row["memfd"], false);
    EXPECT_EQ(row["deleted"], false);
    EXPECT_EQ(row["upper"], nullptr);
    row = of({.flags = WHO_EXE_MEMFD | WHO_EXE_DELETED | WHO_EXE_OVERLAY});
    EXPECT_EQ(row["memfd"], true);
    EXPECT_EQ(row["deleted"], true);
    EXPECT_EQ(row["upper"], false);
    EXPECT_EQ(of({.flags = WHO_EXE_OVERLAY | WHO_EXE_UPPER})["upper"], true);
}

TEST_F(ExecsnoopWho, Environment)
{
    const auto records = with_env("B=2 3\0PATH=/bin\0"s);
    const auto shown = [&](const std::vector<std::string> &options) { return rows(records, options); };

    EXPECT_EQ(object(records, {"--env", "PATH,A", "--env", "B,PATH"})["env"],
              (json{{"PATH", "/bin"}, {"A", nullptr}, {"B", "2 3"}}));
    EXPECT_FALSE(object(records).contains("env"));
    EXPECT_EQ(object(records)["args"], json::array({"ls"}));
    EXPECT_EQ(shown({"--env", "PATH,A,B"}), text_row("PATH=/bin B=2 3 /bin/ls"));
    EXPECT_EQ(shown({"--env", "B", "-q"}), text_row("B='2 3' /bin/ls"));
    EXPECT_EQ(shown({"--env", "A"}), text_row("/bin/ls"));
    EXPECT_EQ(shown({}), text_row("/bin/ls"));
    EXPECT_EQ(rows({exec_head({})}, {"--env", "A"}), text_row("<environment unknown> /bin/ls"));
    EXPECT_EQ(rows({exec_head({.ret = -2})}, {"--env", "A"}), text_row("/bin/ls", {.ret = -2}));
    EXPECT_EQ(replay(records, {"--env", "A="}).exit, 2);
}

TEST_F(ExecsnoopWho, EnvironmentThatIsCut)
{
    ExecSpec spec{.flags = SNOOP_FLAG_MORE};
    spec.who.flags = WHO_HAS_ENV;
    spec.who.env_total = 9;
    const std::vector<Record> records{exec_head(spec), exec_more(spec, "ls\0"s, SNOOP_FLAG_MORE),
                                      exec_env(spec, "A=1\0"s, SNOOP_FLAG_FAULTED)};

    EXPECT_EQ(object(records, {"--env", "A"})["env"], nullptr);
    EXPECT_EQ(object(records, {"--env", "A"})["faulted"], true);
}

TEST_F(ExecsnoopWho, DifferenceOfEnvironments)
{
    const auto records = with_env("A=1\0B=2\0D=4\0"s, "A=1\0B=1\0C=3\0"s);
    const std::string header = "COMM             PID     PPID    RET  ENV-DIFF             ARGS\n";

    EXPECT_EQ(object(records, {"--env-diff"})["env_diff"],
              (json{{"added", {"D"}}, {"changed", {"B"}}, {"removed", {"C"}}}));
    EXPECT_EQ(rows_below(header, records, {"--env-diff"}),
              "ls               4242    4000    0    +D,~B,-C             /bin/ls\n");
    EXPECT_EQ(object(with_env("A=1\0"s), {"--env-diff"})["env_diff"], nullptr);
    // At the end of the process, it is still there.
    std::vector<Record> ended = records;
    reinterpret_cast<snoop_record *>(ended[1].data())->flags |= EXEC_FLAG_EXIT_FOLLOWS;
    ended.push_back(exec_end({}, 1, 0));
    EXPECT_EQ(object(ended, {"--env-diff", "--exit"})["env_diff"]["added"], json::array({"D"}));
}

} // namespace
