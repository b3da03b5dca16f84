// SPDX-License-Identifier: BSD-2-Clause
// execcount on this kernel: exact counts, usage errors.
#include "accounting.hpp"
#include "execcount/execcount.hpp"

#include <fmt/format.h>
#include <optional>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::Ge;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Arguments: a program, how often to execute it, and on which CPU.
const Load execute_often{"execute_often", [](const Args &args) {
                             cpu_set_t one;
                             CPU_ZERO(&one);
                             CPU_SET(std::stoul(args.at(2)), &one);
                             sched_setaffinity(0, sizeof(one), &one); // fails with one CPU
                             char *const argv[] = {const_cast<char *>(args.at(0).c_str()), nullptr};
                             char *const no_env[] = {nullptr};
                             for (int i = std::stoi(args.at(1)); i > 0; i--) {
                                 int status = 0;
                                 const pid_t pid = vfork();
                                 if (pid == 0) {
                                     execve(argv[0], argv, no_env);
                                     _exit(1);
                                 }
                                 if (waitpid(pid, &status, 0) != pid || status != 0)
                                     return 1;
                             }
                             return 0;
                         }};

TEST_F(Execcount, TenThousandOnTwoCpus)
{
    constexpr int each = 5000;
    ToolRun tool{"execcount", {"-o", "json", "-i", "0.05", "-n", "prog", "-u", "1000", "--uid", "1001"}};
    {
        std::vector<Process> load;
        for (const unsigned user : {0u, 1u})
            load.emplace_back([&, user] {
                become(1000 + user, 1000);
                exec_now(execute_often.exec({program, std::to_string(each), std::to_string(user)}));
            });
        for (Process &process : load)
            EXPECT_EQ(process.wait().status, 0);
    }
    EXPECT_EQ(tool.stop(), 0);

    EXPECT_THAT(counts_in(tool.rows()), UnorderedElementsAre(Pair("1000", each), Pair("1001", each)));
    // Reading in between does not change the sum, and no total ever decreases.
    Counts added, last;
    for (const Json &row : tool.rows()) {
        const std::string key = row["key"];
        added[key] += row["delta"].get<std::uint64_t>();
        EXPECT_THAT(row["count"].get<std::uint64_t>(), Ge(last[key]));
        last[key] = row["count"];
    }
    EXPECT_EQ(added, last);
    EXPECT_EQ(expect_balance(tool.err())["lost"], 0u);
}

TEST_F(Execcount, FullMapKeepsSum)
{
    ToolRun tool{"execcount", json_of_children({"--by", "path", "--max-keys", "4"})};

    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 10; i++)
            execute(round ? dir.at(fmt::format("p{}", i)) : dir.program(fmt::format("p{}", i)));
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(5)) << tool.out();
    EXPECT_EQ(rows.back()["key"], "other");
    EXPECT_EQ(rows.back()["other"], true);
    EXPECT_EQ(rows.back()["count"], 18);
    EXPECT_EQ(sum(counts_in(rows)), 30u);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["counted"], 12u);
    EXPECT_EQ(accounting["other"], 18u);
}

TEST_F(Execcount, FullMapInText)
{
    ToolRun tool{"execcount",
                 {"--by", "path", "--max-keys", "1", "-i", "1000", "-P", std::to_string(getpid()), "--strict"}};

    execute(program);
    execute(dir.program("second"), 2);
    EXPECT_EQ(tool.stop(), 1); // --strict
    EXPECT_THAT(tool.out(), HasSubstr("\n# total 3, "));
    EXPECT_THAT(tool.out(), HasSubstr("\n# other 2: --max-keys was reached\n"));
}

// More keys than one batch holds.
TEST_F(Execcount, ReadsInBatchesAndSingly)
{
    constexpr int names = 600;
    std::vector<std::string> paths;
    for (int i = 0; i < names; i++) {
        paths.push_back(dir.at(fmt::format("link{}", i)));
        ASSERT_EQ(link(program.c_str(), paths.back().c_str()), 0);
    }
    ToolRun single{"execcount", json_of_children({"--by", "path", "--reads", "single"})};
    std::optional<ToolRun> batch;
    if (!lacks(Hook::batch))
        batch.emplace("execcount", json_of_children({"--by", "path", "--reads", "batch"}));
    Counts expected;
    for (const auto &path : paths) {
        execute(path);
        expected[path]++;
    }
    EXPECT_EQ(single.stop(), 0);
    Counts counts = counts_in(single.rows());
    counts.erase(tool_path("execcount")); // the second one, which was started later
    EXPECT_EQ(counts, expected);
    if (batch) {
        EXPECT_EQ(batch->stop(), 0);
        EXPECT_EQ(counts_in(batch->rows()), expected);
    } else {
        EXPECT_EQ(run_tool("execcount", {"--reads", "batch"}).code, 3);
    }
}

TEST_F(Execcount, Command)
{
    ToolRun tool{"execcount", {"-o", "json", "--by", "comm", "--", "/bin/sh", "-c", program + "; " + program}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(counts_in(tool.rows())["prog"], 2u) << tool.out();
    EXPECT_THAT(tool.err(), HasSubstr("execcount: /bin/sh exited with 0\n"));
    expect_balance(tool.err());
}

TEST(ExeccountUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("execcount", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({"--by", "colour"}, "--by: invalid value 'colour': give one of uid, comm, path, exe, parent, "
                                "ancestor, cgroup, container, unit, ret");
    for (const char *interval : {"0", "-1", "nan", "1s", "inf"})
        refused({"-i", interval}, fmt::format("--interval: invalid time '{}': give seconds above 0", interval));
    refused({"--top", "0"}, "--top: invalid count '0': give a number from 1");
    refused({"--top", "-1"}, "--top: invalid count '-1'");
    refused({"--max-keys", "0"}, "--max-keys: invalid count '0'");
    refused({"--max-keys", "2000000"}, "--max-keys: invalid count '2000000': give at most 1048576");
    refused({"--sort", "x"}, "invalid value 'x': give one of count, rate, key");
    refused({"--cgroup", "/no/such/group"}, "--cgroup: '/no/such/group' is not a directory");
    refused({"--cgroup", "/tmp"}, "--cgroup: '/tmp' is not a cgroup");
    refused({"-u", "nobody-has-this-name"}, "nobody-has-this-name");
    refused({"--probe", "raw_tp"}, "--probe requires -x");
    refused({"--record", "x"}, "unexpected option '--record'");
    refused({"--"}, "`--` needs a command after it");
}

TEST(ExeccountUsage, WithoutPrivileges)
{
    TempDir dir;
    const std::string copy = dir.file("copy", read_file(tool_path("execcount")), 0755);
    const Outcome outcome = run_tool("execcount", {}, {.in_child = [] { become(65534, 65534); }, .program = copy});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err_lines(), SizeIs(1));
    EXPECT_THAT(outcome.err, HasSubstr("needs root, or the capabilities CAP_BPF and CAP_PERFMON"));
}

} // namespace
} // namespace snoop::test
