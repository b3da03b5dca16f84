// SPDX-License-Identifier: BSD-2-Clause
// opencount --by: each key.
#include "open_ways.hpp"
#include "opencount/opencount.hpp"

#include <fmt/format.h>
#include <thread>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(Opencount, ByPath)
{
    const std::string odd = dir.at("a\nb 7 \x1b[1m"), longest = "/" + std::string(4094, 'x');

    EXPECT_THAT(counted({}, opens({one, one, none, "", odd, longest})),
                UnorderedElementsAre(Pair(one, 2), Pair(none, 1), Pair(R"("")", 1), Pair(odd, 1), Pair(longest, 1)));
    EXPECT_THAT(counted({}, in_opener([] { syscall(SYS_openat, AT_FDCWD, nullptr, O_RDONLY); })),
                ElementsAre(Pair("<fault>", 1)));
    // As given.
    EXPECT_THAT(counted({}, opens({"one.txt", "./one.txt"}, dir.path())),
                UnorderedElementsAre(Pair("one.txt", 1), Pair("./one.txt", 1)));
}

// Keys that look the same are one. A directory and a suffix are those of what is left of the path.
TEST_F(Opencount, RedactedKeys)
{
    const Args redact{"--redact", "(one|two)[.]t?"};
    const auto by = [&](const std::string &key) {
        Args args = redact;
        args.insert(args.end(), {"--by", key});
        return args;
    };
    const auto body = opens({one, dir.at("two.txt"), dir.at("three")});

    EXPECT_THAT(counted(by("path"), body), UnorderedElementsAre(Pair(dir.at("***xt"), 2), Pair(dir.at("three"), 1)));
    EXPECT_THAT(counted(by("suffix"), body), ElementsAre(Pair("none", 3)));
    EXPECT_THAT(counted({"--by", "dir", "--redact", dir.path()}, body), ElementsAre(Pair("***", 3)));
    EXPECT_THAT(counted({"--by", "comm", "--redact", "ope"}, body), ElementsAre(Pair("***ner", 3)));
}

// Paths that differ in one byte anywhere, and in their length, around the words that the hash reads.
TEST_F(Opencount, DifferentPathsAreNeverOne)
{
    std::vector<std::string> paths;
    Counts expected;
    for (std::size_t length : {1u, 7u, 8u, 9u, 63u, 64u, 65u, 128u, 767u, 768u, 769u, 1536u, 4095u})
        for (std::size_t at : {std::size_t{0}, length / 2, length - 1}) {
            std::string path(length, 'p');
            path[at] = 'q';
            paths.push_back(path);
            expected[path]++;
        }

    EXPECT_EQ(counted({}, opens(paths)), expected);
}

TEST_F(Opencount, ByFullPath)
{
    const std::string link = dir.at("link");
    ASSERT_EQ(symlink(one.c_str(), link.c_str()), 0);

    EXPECT_THAT(counted({"-F"}, opens({one, "one.txt", "./one.txt", link, "none.conf", none}, dir.path())),
                UnorderedElementsAre(Pair(one, 4), Pair(none, 2)));
    EXPECT_THAT(counted({"-F", "--by", "dir"}, opens({one, "two", link, "none.conf"}, dir.path())),
                ElementsAre(Pair(dir.path(), 4)));
    EXPECT_THAT(counted({"-F", "--by", "suffix"}, opens({"one.txt", "two", link, "none.conf"}, dir.path())),
                UnorderedElementsAre(Pair(".txt", 2), Pair("none", 1), Pair(".conf", 1)));
    EXPECT_THAT(counted({"-F", "--by", "dir"}, opens({"/", "/."}, "/")), ElementsAre(Pair("/", 2)));
}

TEST_F(Opencount, ByDirectory)
{
    const std::string deep = "/no/" + std::string(250, 'd') + "/" + std::string(250, 'e');

    EXPECT_THAT(counted({"--by", "dir"}, opens({one, two, none, "/no", "name", deep + "/a", deep + "/b", ""})),
                UnorderedElementsAre(Pair(dir.path(), 3), Pair("/", 1), Pair(".", 2), Pair(deep, 2)));
}

TEST_F(Opencount, BySuffix)
{
    EXPECT_THAT(counted({"--by", "suffix"},
                        opens({one, two, none, "/no.d/file", "/no/.profile", "/no/.x.txt", "/no/lib.so.6", "end."})),
                UnorderedElementsAre(Pair(".txt", 2), Pair("none", 3), Pair(".conf", 1), Pair(".6", 1), Pair(".", 1)));
}

TEST_F(Opencount, ByCommAndProcess)
{
    const auto body = in_opener([&] {
        open(one.c_str(), O_RDONLY);
        std::thread{[&] {
            prctl(PR_SET_NAME, "pool-7");
            open(one.c_str(), O_RDONLY);
            open(none.c_str(), O_RDONLY);
        }}.join();
    });
    const Args only{"--path", dir.path()};
    const auto with = [&](Args args) {
        args.insert(args.end(), only.begin(), only.end());
        return counted(args, body);
    };

    EXPECT_THAT(with({"--by", "comm"}), UnorderedElementsAre(Pair("opener", 1), Pair("pool-7", 2)));
    EXPECT_THAT(with({"--by", "process"}), ElementsAre(Pair("opener", 3)));
}

TEST_F(Opencount, ByUser)
{
    ToolRun tool{"opencount", json_of_openers({"--by", "user", "--path", dir.path()})};

    opens({one, none})();
    in_opener([&] {
        become(4'000'000'001, 1000);
        open(none.c_str(), O_RDONLY);
    })();
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    Json first = rows[0];
    EXPECT_TRUE(first["time"].is_string() && first["rate"].is_number());
    first.erase("time");
    first.erase("rate");
    EXPECT_EQ(first, (Json{{"event", "count"},
                           {"by", "user"},
                           {"key", "0"},
                           {"uid", 0},
                           {"user", "root"},
                           {"errno", nullptr},
                           {"runtime", nullptr},
                           {"container_id", nullptr},
                           {"unit", nullptr},
                           {"count", 2},
                           {"delta", 2},
                           {"other", false}}));
    EXPECT_EQ(rows[1]["uid"], 4'000'000'001);
    EXPECT_EQ(rows[1]["user"], nullptr);
}

TEST_F(Opencount, ByErrno)
{
    ToolRun tool{"opencount", json_of_openers({"--by", "errno", "--path", dir.path()})};

    opens({one, two, none, one + "/x"})();
    EXPECT_EQ(tool.stop(), 0);
    EXPECT_THAT(counts_in(tool.rows()), UnorderedElementsAre(Pair("OK", 2), Pair("ENOENT", 1), Pair("ENOTDIR", 1)));
    for (const Json &row : tool.rows())
        EXPECT_EQ(row["errno"], row["key"] == "OK" ? Json(nullptr) : row["key"]);
}

// Two cgroups of one unit, and one of a container; the table is printed when they are gone.
TEST_F(Opencount, ByUnitAndContainer)
{
    SNOOP_NEEDS(cgroup2);
    const std::string id(64, 'a');
    const auto open_in = [&](const Cgroup &group, int times) {
        in_opener([&] {
            group.enter();
            for (int i = 0; i < times; i++)
                open(none.c_str(), O_RDONLY);
        })();
    };
    ToolRun units{"opencount", json_of_openers({"--by", "unit", "--path", dir.path()})};
    ToolRun containers{"opencount", json_of_openers({"--by", "container", "--path", dir.path()})};
    ToolRun text{"opencount", {"-i", "1000", "-n", "opener", "--by", "container", "--path", dir.path()}};
    {
        const Cgroup unit{nullptr, "opencount-test.service"}, one_below{&unit, "a"}, two_below{&unit, "b"};
        const Cgroup container{nullptr, "docker-" + id + ".scope"};
        open_in(one_below, 2);
        open_in(two_below, 3);
        open_in(container, 4);
    }
    opens({none})();
    EXPECT_EQ(units.stop(), 0);
    EXPECT_EQ(containers.stop(), 0);
    EXPECT_EQ(text.stop(), 0);

    const Counts by_unit = counts_in(units.rows()), by_container = counts_in(containers.rows());
    EXPECT_EQ(by_unit.at("opencount-test.service"), 5u);
    EXPECT_EQ(by_unit.at("docker-" + id + ".scope"), 4u);
    EXPECT_EQ(sum(by_unit), 10u);
    EXPECT_THAT(by_container, UnorderedElementsAre(Pair("docker:" + id, 4), Pair("-", 6)));
    for (const Json &row : containers.rows()) {
        const bool is_container = row["key"] != "-";
        EXPECT_EQ(row["runtime"], is_container ? Json("docker") : Json(nullptr));
        EXPECT_EQ(row["container_id"], is_container ? Json(id) : Json(nullptr));
    }
    EXPECT_THAT(text.out(), HasSubstr("\ndocker:" + id.substr(0, 12) + " "));
    expect_balance(units.err());
    expect_balance(containers.err());
}

// Every way to open a file is counted, whatever the hooks: tests/live/routes has the details of the ways, for
// opensnoop.
TEST_F(Opencount, EveryWayOfOpening)
{
    const std::vector<std::pair<const char *, Hook>> probes{
        {"fentry", Hook::fentry}, {"kprobe", Hook::kprobe}, {"raw_tp", Hook::raw_tp}, {"tracepoint", Hook::tracefs}};
    std::vector<Opener> ways{Opener::openat, Opener::openat2};
    if (!lacks(Hook::legacy_open))
        ways.insert(ways.end(), {Opener::open, Opener::creat});
    if (!lacks(Hook::ia32))
        ways.insert(ways.end(), {Opener::open32, Opener::openat32, Opener::creat32});

    for (const auto &[probe, hook] : probes) {
        if (lacks(hook))
            continue;
        // On a kernel with preemption these can skip an event, and count that.
        if (kernel::may_preempt_programs() && (hook == Hook::fentry || hook == Hook::raw_tp))
            continue;
        const WithProbe with{probe};
        Counts expected;
        for (std::size_t i = 0; i < ways.size(); i++)
            expected[dir.at(fmt::format("way{}", i))] = i + 1;
        const bool has_uring =
            !lacks(Hook::uring) && (!lacks(Hook::uring_req) || hook == Hook::fentry || hook == Hook::kprobe);
        if (has_uring)
            expected[one] = 2;
        EXPECT_EQ(counted({"--path", dir.path()}, in_opener([&] {
                              for (std::size_t i = 0; i < ways.size(); i++)
                                  for (std::size_t n = 0; n <= i; n++)
                                      open_call(ways[i], {.path = dir.at(fmt::format("way{}", i)), .mode = 0600});
                              for (const bool is_two : {false, true})
                                  if (has_uring && open_by_uring({.path = one}, is_two, false) < 0)
                                      _exit(1);
                          })),
                  expected)
            << probe;
    }
}

} // namespace
} // namespace snoop::test
