// SPDX-License-Identifier: BSD-2-Clause
// opencount on this kernel: exact counts, filters, usage errors. Its hooks are those of opensnoop, which
// tests/live/routes is about.
#include "load.hpp"
#include "opencount/opencount.hpp"

#include <snoop/opencount.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sched.h>
#include <thread>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr unsigned many_paths = 100'000;

// A million, but fewer in an emulated machine, for which SNOOP_REQUIRE is set; SNOOP_OPENS gives another number.
unsigned many_opens()
{
    const char *given = std::getenv("SNOOP_OPENS");
    return given ? static_cast<unsigned>(std::stoul(given)) : std::getenv("SNOOP_REQUIRE") ? 200'000 : 1'000'000;
}

// Arguments: the begin of the paths, how many there are, and how many opens a thread makes. There is one thread on
// each CPU. Each opens all paths, one after the other, beginning with another one.
const Load open_many{"open_many", [](const Args &args) {
                         const std::string begin = args.at(0);
                         const std::size_t paths = std::stoul(args.at(1)), times = std::stoul(args.at(2));
                         const unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
                         prctl(PR_SET_NAME, "opener");
                         std::vector<std::thread> threads;
                         for (unsigned cpu = 0; cpu < cpus; cpu++)
                             threads.emplace_back([=] {
                                 cpu_set_t one;
                                 CPU_ZERO(&one);
                                 CPU_SET(cpu, &one);
                                 sched_setaffinity(0, sizeof(one), &one);
                                 for (std::size_t i = 0; i < times; i++)
                                     open(fmt::format("{}{}", begin, (i + cpu * (paths / cpus)) % paths).c_str(),
                                          O_RDONLY);
                             });
                         for (std::thread &thread : threads)
                             thread.join();
                         return 0;
                     }};

TEST_F(Opencount, ManyOpensOfManyPathsAreExact)
{
    const unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
    const unsigned rounds = std::max(1u, many_opens() / many_paths / cpus), times = rounds * many_paths;
    const std::string begin = "/no/such/folder/file-";
    const Exec load = open_many.exec({begin, std::to_string(many_paths), std::to_string(times)});
    // The ring takes all names, however long the tool waits for a CPU. The tool ends with the command, not by a
    // signal, after which a table of this length may be cut.
    ToolRun tool{"opencount",
                 {"-i", "1000", "--ring-size", ring_size(32 << 20), "--path", begin, "--", load.path, begin,
                  std::to_string(many_paths), std::to_string(times)},
                 {.env = open_many.env()}};
    EXPECT_EQ(tool.wait(), 0);

    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["lost"], 0u) << tool.err();
    EXPECT_EQ(accounting["other"], 0u) << tool.err();
    EXPECT_EQ(accounting["counted"], std::uint64_t{times} * cpus);
    Counts counts;
    for (const std::string &line : tool.lines())
        if (line.starts_with(begin))
            counts[line.substr(0, line.find(' '))] += std::stoull(line.substr(line.find(' ')));
    EXPECT_THAT(counts, SizeIs(many_paths));
    const auto differs = std::ranges::find_if(counts, [&](const auto &count) { return count.second != rounds * cpus; });
    EXPECT_TRUE(differs == counts.end()) << differs->first << ": " << differs->second;
}

TEST_F(Opencount, FullMapKeepsSum)
{
    std::vector<std::string> paths;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 10; i++)
            paths.push_back(dir.at(fmt::format("p{}", i)));
    ToolRun tool{"opencount", json_of_openers({"--max-keys", "4", "--path", dir.path()})};
    opens(paths)();
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

// While the tool is stopped, the ring takes the names of a few paths. Those of the others come when they are opened
// again; a path whose name never came is other.
class UnnamedPaths : public Opencount {
protected:
    // Opens 100 paths, and the last one twice.
    void count_into(ToolRun &tool)
    {
        std::vector<std::string> paths;
        for (int i = 0; i < 100; i++)
            paths.push_back(dir.at(fmt::format("p{}", i)));
        tool.send(SIGSTOP);
        opens(paths)();
        tool.send(SIGCONT);
        // It has its name once this shows: the consumer has made room.
        opens({paths.back()})();
        EXPECT_EQ(tool.stop(), 0);
    }
    const Args small_ring{"--ring-size", "4096", "--transport", "ring", "--path", dir.path()};
};

TEST_F(UnnamedPaths, AreOther)
{
    SNOOP_NEEDS(ring);
    ToolRun tool{"opencount", json_of_openers(small_ring)};
    count_into(tool);

    auto accounting = expect_balance(tool.err());
    const Counts counts = counts_in(tool.rows());
    EXPECT_EQ(sum(counts), 101u);
    EXPECT_EQ(accounting["counted"] + accounting["other"], 101u);
    EXPECT_GT(accounting["other"], 50u);
    EXPECT_EQ(counts.at("other"), accounting["other"]);
}

TEST_F(UnnamedPaths, TextSaysWhatHelps)
{
    SNOOP_NEEDS(ring);
    for (const bool has_few_keys : {false, true}) {
        Args args{"-i", "1000", "-n", "opener"};
        args.insert(args.end(), small_ring.begin(), small_ring.end());
        if (has_few_keys)
            args.insert(args.end(), {"--max-keys", "90"});
        ToolRun tool{"opencount", args};
        count_into(tool);

        EXPECT_THAT(tool.out(), testing::ContainsRegex(fmt::format(
                                    "\n# other [0-9]+: {}the buffer had no room for names: raise --ring-size\n",
                                    has_few_keys ? "--max-keys was reached, and " : "")));
    }
}

TEST_F(Opencount, Filters)
{
    const auto only = [&](Args args) { return counted(args, opens({one, two, none})); };

    EXPECT_THAT(only({"-x", "--path", dir.path()}), ElementsAre(Pair(none, 1)));
    EXPECT_THAT(only({"--path", one}), ElementsAre(Pair(one, 1)));
    EXPECT_THAT(only({"--path", dir.path(), "--path", "!" + one}), UnorderedElementsAre(Pair(two, 1), Pair(none, 1)));
    EXPECT_THAT(only({"--path", one, "--path", "!" + dir.path()}), IsEmpty());
    EXPECT_THAT(only({"--path", "!" + dir.at("t"), "--path", "!" + one}), ElementsAre(Pair(none, 1)));
    EXPECT_THAT(only({"--suffix", ".conf"}), ElementsAre(Pair(none, 1)));
    EXPECT_THAT(only({"--path", dir.path(), "--suffix", "!.conf", "--suffix", "!o"}), ElementsAre(Pair(one, 1)));
    EXPECT_THAT(only({"--flags", "O_WRONLY"}), IsEmpty());
    EXPECT_THAT(only({"-u", "1000"}), IsEmpty());
    EXPECT_THAT(only({"-u", "0", "-P", std::to_string(getpid()), "--path", dir.path()}), SizeIs(3));
    EXPECT_THAT(only({"-P", "1"}), IsEmpty());
    EXPECT_THAT(only({"-p", "1"}), IsEmpty());
}

TEST_F(Opencount, FilterByCgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup group;
    const auto body = [&] {
        opens({one})();
        in_opener([&] {
            group.enter();
            open(two.c_str(), O_RDONLY);
        })();
    };

    EXPECT_THAT(counted({"--cgroup", group.path(), "--path", dir.path()}, body), ElementsAre(Pair(two, 1)));
}

TEST_F(Opencount, Command)
{
    ToolRun tool{"opencount", {"-o", "json", "--", "/bin/sh", "-c", ": <" + one + "; : <" + one}};

    EXPECT_EQ(tool.wait(), 0);
    EXPECT_EQ(counts_in(tool.rows())[one], 2u) << tool.out();
    EXPECT_THAT(tool.err(), HasSubstr("opencount: /bin/sh exited with 0\n"));
    expect_balance(tool.err());
}

TEST_F(Opencount, InText)
{
    ToolRun tool{"opencount", {"-i", "1000", "-n", "opener", "--path", dir.path(), "--max-keys", "1", "--strict"}};

    opens({one, one, two})();
    EXPECT_EQ(tool.stop(), 1); // --strict
    const auto lines = tool.lines();
    ASSERT_THAT(lines, SizeIs(6)) << tool.out();
    EXPECT_THAT(lines[1], testing::StartsWith("PATH "));
    EXPECT_THAT(lines[2], testing::StartsWith(one + " "));
    EXPECT_THAT(tool.out(), HasSubstr("\n# total 3, "));
    EXPECT_THAT(tool.out(), HasSubstr("\n# other 1: --max-keys was reached\n"));
}

TEST_F(Opencount, ReadsInBatchesAndSingly)
{
    std::vector<std::string> paths;
    Counts expected;
    for (int i = 0; i < 600; i++)
        expected[paths.emplace_back(dir.at(fmt::format("p{}", i)))] = 1;

    EXPECT_EQ(counted({"--reads", "single", "--path", dir.path()}, opens(paths)), expected);
    if (!lacks(Hook::batch)) {
        EXPECT_EQ(counted({"--reads", "batch", "--path", dir.path()}, opens(paths)), expected);
    }
}

TEST(OpencountUsage, BadValues)
{
    const auto refused = [](const Args &args, const std::string &words) {
        const Outcome outcome = run_tool("opencount", args);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err_lines(), SizeIs(1));
        EXPECT_THAT(outcome.err, HasSubstr(words));
    };

    refused({"--by", "colour"}, "--by: invalid value 'colour': give one of path, dir, suffix, comm, process, user, ");
    refused({"--path", "*/passwd"}, "--path: '*/passwd' has a wildcard, which the kernel cannot compare: give the "
                                    "beginning of the path");
    refused({"--suffix", "!*.c"}, "--suffix: '*.c' has a wildcard, which the kernel cannot compare: give the end");
    refused({"--path", std::string(OPEN_PREFIX_MAX + 1, 'x')}, "of 257 bytes: give 1 to 256");
    refused({"--max-keys", "0"}, "--max-keys: invalid count '0'");
    refused({"--sort", "x"}, "invalid value 'x': give one of count, rate, key");
    refused({"--record", "x"}, "unexpected option '--record'");
}

TEST(OpencountUsage, WithoutPrivileges)
{
    TempDir dir;
    const std::string copy = dir.file("copy", read_file(tool_path("opencount")), 0755);
    const Outcome outcome = run_tool("opencount", {}, {.in_child = [] { become(65534, 65534); }, .program = copy});

    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err_lines(), SizeIs(1));
    EXPECT_THAT(outcome.err, HasSubstr("needs root, or the capabilities CAP_BPF and CAP_PERFMON"));
}

} // namespace
} // namespace snoop::test
