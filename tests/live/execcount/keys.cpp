// SPDX-License-Identifier: BSD-2-Clause
// execcount --by: each key, and failures with -x.
#include "accounting.hpp"
#include "execcount/execcount.hpp"

#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <map>
#include <memory>
#include <mntent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(Execcount, ByUid)
{
    ToolRun tool{"execcount", json_of_children()};

    execute(program, 2);
    in_child([&] {
        become(4'000'000'001, 1000);
        exec_now({.path = program});
    });
    EXPECT_EQ(tool.stop(), 0);
    const auto rows = tool.rows();
    ASSERT_THAT(rows, SizeIs(2)) << tool.out();
    Json first = rows[0];
    EXPECT_TRUE(first["time"].is_string() && first["rate"].is_number());
    first.erase("time");
    first.erase("rate");
    EXPECT_EQ(first, (Json{{"event", "count"},
                           {"by", "uid"},
                           {"key", "0"},
                           {"uid", 0},
                           {"user", "root"},
                           {"errno", nullptr},
                           {"cgroup_id", nullptr},
                           {"runtime", nullptr},
                           {"container_id", nullptr},
                           {"unit", nullptr},
                           {"count", 2},
                           {"delta", 2},
                           {"other", false}}));
    EXPECT_EQ(rows[1]["uid"], 4'000'000'001);
    EXPECT_EQ(rows[1]["user"], nullptr);
}

// Keys that look the same are one.
TEST_F(Execcount, RedactedKeys)
{
    const std::string other = dir.program("prig");
    const auto body = [&] {
        execute(program, 2);
        execute(other);
    };

    EXPECT_THAT(counted(json_of_children({"--redact", "pr(.)g", "--by", "comm"}), body), ElementsAre(Pair("pr***", 3)));
    EXPECT_THAT(counted(json_of_children({"--redact", "pr(.)g", "--by", "path"}), body),
                ElementsAre(Pair(dir.at("pr***"), 3)));
    EXPECT_THAT(counted(json_of_children({"--redact", "zzz", "--by", "uid"}), body), ElementsAre(Pair("0", 3)));
}

TEST_F(Execcount, ByComm)
{
    const std::string odd = "a\nb 7 \x1b[1m";
    const std::string path = dir.program(odd);

    EXPECT_THAT(counted(json_of_children({"--by", "comm"}),
                        [&] {
                            execute(program, 2);
                            execute(path);
                        }),
                UnorderedElementsAre(Pair("prog", 2), Pair(odd, 1)));
    // It does not forge a row in text either.
    ToolRun text{"execcount", {"--by", "comm", "-i", "1000", "-P", std::to_string(getpid())}};
    execute(path);
    EXPECT_EQ(text.stop(), 0);
    ASSERT_THAT(text.lines(), SizeIs(5)) << text.out();
    EXPECT_THAT(text.lines()[2], HasSubstr("a\\nb\\x207\\x20\\x1b[1m "));
}

TEST_F(Execcount, ByPath)
{
    const std::string longest = dir.folder(std::string(250, 'd')) + "/prog";
    ASSERT_EQ(link(program.c_str(), longest.c_str()), 0);

    EXPECT_THAT(counted(json_of_children({"--by", "path"}),
                        [&] {
                            execute(program, 3);
                            execute(longest, 2);
                        }),
                UnorderedElementsAre(Pair(program, 3), Pair("..." + longest.substr(longest.size() - 255), 2)));
}

// A file that is executed by a descriptor is counted under its own path, whichever number the descriptor has.
TEST_F(Execcount, ByPathOfADescriptor)
{
    const std::string deep = dir.folder(std::string(200, 'd') + "/" + std::string(200, 'e')) + "/prog",
                      gone = dir.program("gone"), other = dir.program("other"), text = dir.file("text", "text", 0644);
    ASSERT_EQ(link(program.c_str(), deep.c_str()), 0);
    const Fd gone_file{open(gone.c_str(), O_RDONLY | O_CLOEXEC)};
    ASSERT_EQ(unlink(gone.c_str()), 0);
    const Fd memory{memory_file("a memfd", program_bytes(0))}, folder{open(dir.path().c_str(), O_PATH | O_CLOEXEC)};
    const std::string interp = dir.program("interp"), script = dir.file("script", "#!" + interp + "\n", 0755);
    const Fd scripts{open(dir.path().c_str(), O_PATH)};
    const auto by = [](int fd, const char *name = "") {
        in_child([&] { _exit(exec_at(fd, name, {"x"}, AT_EMPTY_PATH)); });
    };
    const auto by_file = [&](const std::string &path) { by(Fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)}.get()); };
    const std::string deleted = gone + " (deleted)";

    EXPECT_THAT(counted(json_of_children({"-x", "--by", "path"}),
                        [&] {
                            execute(program);
                            by_file(program);
                            const Fd another{open("/", O_PATH | O_CLOEXEC)};
                            by_file(program);
                            by_file(other);
                            by(folder.get(), "other");
                            by(gone_file.get());
                            by(memory.get());
                            by_file(deep);
                            by(scripts.get(), "script");
                            by_file(text);
                            by(folder.get(), "nothing");
                            in_child([] { exec_now({.path = ""}); });
                        }),
                UnorderedElementsAre(Pair(program, 3), Pair(other, 2), Pair(deleted, 1),
                                     Pair("/memfd:a memfd (deleted)", 1),
                                     Pair("..." + deep.substr(deep.size() - 255), 1), Pair(script, 1), Pair(text, 1),
                                     Pair(dir.at("nothing"), 1), Pair("\"\"", 1)));
}

TEST_F(Execcount, ByParent)
{
    char own[16]{};
    prctl(PR_GET_NAME, own);
    EXPECT_THAT(counted(json_of_children({"--by", "parent"}), [&] { execute(program, 2); }), ElementsAre(Pair(own, 2)));
}

TEST_F(Execcount, ByCgroup)
{
    SNOOP_NEEDS(cgroup2);
    const Cgroup one;
    ToolRun tool{"execcount", json_of_children({"--by", "cgroup", "--cgroup", one.path()})};

    in_child([&] {
        one.enter();
        exec_now({.path = program});
    });
    EXPECT_EQ(tool.stop(), 0);
    ASSERT_THAT(tool.rows(), SizeIs(1));
    EXPECT_EQ(tool.rows()[0]["key"], one.path().substr(cgroup2_mount()->size()));
    EXPECT_EQ(tool.rows()[0]["cgroup_id"], one.id());
}

// The table is printed when they are gone.
TEST_F(Execcount, ByCgroupThatIsGone)
{
    SNOOP_NEEDS(cgroup2);
    ToolRun tool{"execcount", json_of_children({"--by", "cgroup"})};
    std::vector<std::string> paths;

    for (int i = 0; i < 3; i++) {
        const Cgroup above, one{&above};
        paths.push_back(one.path().substr(cgroup2_mount()->size()));
        in_child([&] {
            one.enter();
            exec_now({.path = program});
        });
    }
    EXPECT_EQ(tool.stop(), 0);
    std::vector<std::string> keys;
    for (const Json &row : tool.rows())
        keys.push_back(row["key"]);
    EXPECT_THAT(keys, testing::UnorderedElementsAreArray(paths));
}

// The mount points of this type, of which those of others may hide some.
std::vector<std::string> mounts_of(std::string_view type)
{
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent("/proc/self/mounts", "r"), endmntent};
    std::vector<std::string> places;

    while (const mntent *entry = mounts ? getmntent(mounts.get()) : nullptr)
        if (type == entry->mnt_type)
            places.emplace_back(entry->mnt_dir);
    return places;
}

// Says once which cgroups it does not know.
TEST_F(Execcount, CgroupsOfVersion1)
{
    SNOOP_NEEDS(cgroup2);
    SNOOP_NEEDS(cgroup1);
    const std::string place = dir.folder("version1");
    const auto own_mounts = [] {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            _exit(99);
    };
    const auto with_version1 = [&] {
        own_mounts();
        if (mount("snoop", place.c_str(), "cgroup", 0, "none,name=snooptest") != 0)
            _exit(99);
    };
    const auto without_version1 = [&] {
        own_mounts();
        for (const std::string &one : mounts_of("cgroup"))
            if (umount2(one.c_str(), MNT_DETACH) != 0)
                _exit(99);
    };
    const auto says = [&](const Args &args, const std::function<void()> &prepare) {
        const Outcome outcome = run_tool("execcount", args, {.in_child = prepare});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        std::size_t lines = 0;
        for (const std::string &line : outcome.err_lines())
            lines += line.starts_with("execcount: cgroups are those of version 2, below ");
        return lines;
    };
    const Args by_cgroup{"--by", "cgroup", "-d", "0.01"}, in_cgroup{"--cgroup", *cgroup2_mount(), "-d", "0.01"};

    EXPECT_EQ(says(by_cgroup, with_version1), 1u);
    EXPECT_EQ(says(in_cgroup, with_version1), 1u);
    EXPECT_EQ(says({"-d", "0.01"}, with_version1), 0u);
    EXPECT_EQ(says(by_cgroup, without_version1), 0u);
}

void expect_failures(const Execcount &, const std::string &program, const std::string &probe)
{
    const auto make = [&] {
        EXPECT_EQ(run({.path = program}).status, 0);
        for (const char *path : {"/no/such/file", "/no/such/file", "/"})
            in_child([&] { exec_now({.path = path}); });
        in_child([&] { _exit(exec_at(AT_FDCWD, "/no/such/file", {"x"}, 0)); });
    };
    const auto counts = [&](const std::string &by) {
        ToolRun tool{"execcount",
                     {"-o", "json", "-i", "1000", "-P", std::to_string(getpid()), "-x", "--probe", probe, "--by", by}};
        make();
        EXPECT_EQ(tool.stop(), 0);
        expect_balance(tool.err());
        return tool.rows();
    };

    std::map<std::string, Json> errors;
    for (const Json &row : counts("ret"))
        errors[row["key"]] = row;
    EXPECT_EQ(errors.size(), 3u);
    EXPECT_EQ(errors["0"]["count"], 1);
    EXPECT_EQ(errors["0"]["errno"], nullptr);
    EXPECT_EQ(errors["-2"]["count"], 3);
    EXPECT_EQ(errors["-2"]["errno"], "ENOENT");
    EXPECT_EQ(errors["-13"]["count"], 1);
    EXPECT_THAT(counts_in(counts("path")),
                UnorderedElementsAre(Pair(program, 1), Pair("/no/such/file", 3), Pair("/", 1)));
}

TEST_F(Execcount, FailuresByTracepoint)
{
    SNOOP_NEEDS(tracefs);
    expect_failures(*this, program, "tracepoint");
}

TEST_F(Execcount, FailuresByRawTracepoint) { expect_failures(*this, program, "raw_tp"); }

TEST_F(Execcount, FailuresOf32BitCalls)
{
    SNOOP_NEEDS(ia32);
    SNOOP_NEEDS(tracefs);
    for (const char *probe : {"auto", "tracepoint", "raw_tp"})
        EXPECT_THAT(counted(json_of_children({"-x", "--probe", probe, "--by", "ret"}),
                            [&] { in_child([&] { _exit(exec_32bit("/no/such/file", {"x"})); }); }),
                    ElementsAre(Pair("-2", 1)))
            << probe;
}

TEST_F(Execcount, IgnoresFailuresByDefault)
{
    EXPECT_THAT(counted(json_of_children({"--by", "ret"}),
                        [&] {
                            in_child([] { exec_now({.path = "/no/such/file"}); });
                            execute(program);
                        }),
                ElementsAre(Pair("0", 1)));
}

} // namespace
} // namespace snoop::test
