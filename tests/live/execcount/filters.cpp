// SPDX-License-Identifier: BSD-2-Clause
// execcount's filters: which executions are counted.
#include "accounting.hpp"
#include "execcount/execcount.hpp"

#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(Execcount, Filters)
{
    const auto as = [&](uid_t uid, const std::string &path) {
        in_child([&] {
            become(uid, uid);
            exec_now({.path = path});
        });
    };
    const std::string other = dir.program("other");
    const auto both = [&] {
        as(1000, program);
        as(0, other);
    };
    const auto only = [&](Args args) {
        args.insert(args.begin(), {"-o", "json", "-i", "1000", "--by", "comm"});
        return counted(args, both);
    };
    const User user = ordinary_user();

    EXPECT_THAT(only({"-u", "1000", "-P", std::to_string(getpid())}), ElementsAre(Pair("prog", 1)));
    EXPECT_THAT(only({"--uid", "0", "-n", "prog", "-n", "other"}), ElementsAre(Pair("other", 1)));
    EXPECT_THAT(only({"-u", "0", "-u", "1000", "-P", std::to_string(getpid())}), SizeIs(2));
    EXPECT_THAT(only({"--comm", "other"}), ElementsAre(Pair("other", 1)));
    EXPECT_THAT(only({"--ppid", "1", "-n", "prog"}), IsEmpty());
    EXPECT_THAT(counted({"-o", "json", "-i", "1000", "-u", user.name, "-n", "prog"},
                        [&] {
                            as(user.uid, program);
                            as(user.uid + 1, program);
                        }),
                ElementsAre(Pair(std::to_string(user.uid), 1)));
}

TEST_F(Execcount, ByCommOfThreadOrProcess)
{
    const auto fail = [](const std::string &process, const std::string &thread) {
        in_child([&] {
            prctl(PR_SET_NAME, process.c_str());
            std::thread{[&] {
                prctl(PR_SET_NAME, thread.c_str());
                execl("/no/such/program", "x", nullptr);
            }}.join();
        });
    };
    const auto all = [&] {
        fail("server", "pool-7");
        fail("server", "pool-8");
        fail("other", "pool-8");
    };
    const auto only = [&](const std::string &comm) {
        return counted({"-o", "json", "-i", "1000", "-x", "--by", "comm", "-n", comm}, all);
    };

    EXPECT_THAT(only("server"), UnorderedElementsAre(Pair("pool-7", 1), Pair("pool-8", 1)));
    EXPECT_THAT(only("pool-8"), ElementsAre(Pair("pool-8", 2)));
    EXPECT_THAT(only("pool-9"), IsEmpty());
}

TEST_F(Execcount, ByPidFilter)
{
    Gate gate;
    const auto held = [&](const std::string &path) {
        return Process{[&gate, path] {
            gate.wait();
            exec_now({.path = path});
        }};
    };
    Process one = held(program), two = held(dir.program("second"));
    EXPECT_THAT(counted({"-o", "json", "-i", "1000", "--by", "comm", "-p", std::to_string(one.pid())},
                        [&] {
                            gate.open();
                            one.wait();
                            two.wait();
                        }),
                ElementsAre(Pair("prog", 1)));
}

TEST_F(Execcount, NegationsAndErrors)
{
    const auto as = [&](uid_t uid, const std::string &path) {
        in_child([&] {
            become(uid, uid);
            exec_now({.path = path});
        });
    };
    const auto counted_with = [&](const Args &args) {
        return counted(json_of_children(args), [&] {
            as(0, program);
            as(1000, program);
            as(1001, program);
            as(1001, "/no/such/file");
        });
    };

    EXPECT_THAT(counted_with({"-u", "!root", "-u", "!1000"}), UnorderedElementsAre(Pair("1001", 1)));
    EXPECT_THAT(counted_with({"--errno", "ENOENT"}), UnorderedElementsAre(Pair("1001", 1)));
    EXPECT_THAT(counted_with({"--errno", "!ENOENT", "-u", "!0"}),
                UnorderedElementsAre(Pair("1000", 1), Pair("1001", 1)));
}

// bpftool edits the map uid_filter while the tool runs.
TEST_F(Execcount, EditedFilter)
{
    const auto as = [&](uid_t uid) {
        in_child([&] {
            become(uid, uid);
            exec_now({.path = program});
        });
    };
    ToolRun tool{"execcount", json_of_children({"-u", "1000"})};
    const Args key{"key", "233", "3", "0", "0"}; // 1001
    const auto bpftool = [&](const std::string &action, const Args &more) {
        Args args = key;
        args.insert(args.end(), more.begin(), more.end());
        bpftool_map(tool.pid(), "uid_filter", action, args);
    };

    as(1000);
    as(1001); // not yet
    bpftool("update", {"value", "1"});
    as(1001);
    as(1001);
    bpftool("delete", {});
    as(1001); // no more
    as(1000);
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(counts_in(tool.rows()), UnorderedElementsAre(Pair("1000", 2), Pair("1001", 2)));
    expect_balance(tool.err());
}

} // namespace
} // namespace snoop::test
