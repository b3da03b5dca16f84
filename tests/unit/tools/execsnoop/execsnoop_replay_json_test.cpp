// SPDX-License-Identifier: BSD-2-Clause
// execsnoop's rows as JSON, compared as objects.
#include "unit/exec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include <cerrno>
#include <sstream>

namespace {

using namespace std::string_literals;
using nlohmann::json;

class ExecsnoopJson : public ExecsnoopReplay {
protected:
    std::vector<json> objects(const std::vector<Record> &records, std::vector<std::string> options = {})
    {
        options.insert(options.end(), {"-o", "json"});
        const Finished f = replay(records, options);
        std::vector<json> all;
        std::istringstream lines{f.out};
        EXPECT_EQ(f.exit, 0) << f.err;
        for (std::string line; std::getline(lines, line);)
            all.push_back(json::parse(line));
        return all;
    }
    // The only object of one event.
    json object(const ExecSpec &spec)
    {
        const std::vector<json> all = objects({exec_head(spec)});
        EXPECT_EQ(all.size(), 1u);
        return all.empty() ? json{} : all[0];
    }
};

// The object for the event of a default ExecSpec.
json default_object()
{
    return json::parse(R"({
        "event": "exec", "time": "2026-11-22T10:04:11.500000000Z", "ts_ns": 5001500000000,
        "comm": "ls", "pid": 4242, "tid": 4242, "old_tid": 4242, "ns_pid": 42, "ppid": 4000, "pcomm": "bash",
        "process": "ls", "uid": 0, "gid": 100, "user": "root", "ret": 0, "errno": null,
        "auid": 0, "auid_user": "root", "session": 0, "tty": null, "euid": 0, "egid": 0, "user_ns": null,
        "ns_uid": 0, "privileges": null, "memfd": null, "deleted": null, "upper": null,
        "filename": "/bin/ls", "resolved": null, "exe_dev": null, "exe_ino": null, "interp": null, "args": ["ls"], "args_bytes": 3,
        "truncated": false, "faulted": false, "abi": null, "cgroup_id": 77, "cgroup": null,
        "exec_id": "0123456789abcdef", "parent_exec_id": null,
        "runtime": null, "container_id": null, "container_name": null, "image": null, "pod_uid": null,
        "pod_name": null, "pod_namespace": null, "unit": null, "slice": null, "cwd": null})");
}
json changed(const json &change)
{
    json object = default_object();
    object.update(change);
    return object;
}

TEST_F(ExecsnoopJson, EveryKey) { EXPECT_EQ(object({}), default_object()); }

// The text of the row and the path in JSON.
TEST_F(ExecsnoopJson, ByDescriptor)
{
    const auto shown = [&](const ExecSpec &spec) {
        const std::string text = rows({exec_head(spec)});
        return std::pair{text.substr(text_row("", spec).size() - 1), object(spec)["resolved"]};
    };
    const snoop_file gone{.deleted = 1}, elsewhere{.mnt_ns = 42, .place = SNOOP_PLACE_ELSEWHERE},
        memfd{.magic = 0x01021994, .place = SNOOP_PLACE_NAMELESS}, unknown{.place = SNOOP_PLACE_UNKNOWN};
    const ExecSpec plain{.filename = "/dev/fd/3",
                         .args = {"x", "/dev/fd/3"},
                         .resolved_is = EXEC_RESOLVED_FILE,
                         .resolved = {"true", "bin"}};
    const auto with = [&](auto change) {
        ExecSpec spec = plain;
        change(spec);
        return spec;
    };

    EXPECT_EQ(shown(plain), (std::pair{"/bin/true /dev/fd/3\n"s, json("/bin/true")}));
    EXPECT_EQ(shown(with([&](ExecSpec &s) { s.file = gone; })),
              (std::pair{"/bin/true (deleted) /dev/fd/3\n"s, json("/bin/true (deleted)")}));
    EXPECT_EQ(shown(with([&](ExecSpec &s) { s.file = elsewhere; })).second, "mnt:[42]/bin/true");
    EXPECT_EQ(shown(with([&](ExecSpec &s) { s.file = unknown; })), (std::pair{"/dev/fd/3 /dev/fd/3\n"s, json()}));
    EXPECT_EQ(shown(with([&](ExecSpec &s) {
                  s.file = memfd;
                  s.resolved = {"memfd:a b"};
              })).second,
              "/memfd:a b (deleted)");
    // A component that is cut is not shown.
    EXPECT_EQ(shown(with([&](ExecSpec &s) { s.resolved_cut = true; })).second, ".../bin/true");
    // A script is among the arguments of its interpreter.
    EXPECT_EQ(shown(with([&](ExecSpec &s) {
                  s.interp = "/bin/sh";
                  s.args = {"/bin/sh", "-e", "/dev/fd/3", "/dev/fd/3"};
              })),
              (std::pair{"/bin/sh -e /bin/true /dev/fd/3\n"s, json("/bin/true")}));
    // The descriptor is that of a directory.
    const auto below = [&](const std::string &filename) {
        return shown(with([&](ExecSpec &s) {
                   s.filename = filename;
                   s.resolved_is = EXEC_RESOLVED_BASE;
               }))
            .second;
    };
    EXPECT_EQ(below("/dev/fd/3/a/b"), "/bin/true/a/b");
    EXPECT_EQ(below("/proc/self/fd/30/a"), "/bin/true/a");
    EXPECT_EQ(below("a"), "/bin/true/a");
    EXPECT_EQ(below("/dev/fd/3"), "/bin/true");
    const json row = object({.exe_dev = 8u << 20 | 1, .exe_ino = 77});
    EXPECT_EQ(row["exe_dev"], "8:1");
    EXPECT_EQ(row["exe_ino"], 77);
    EXPECT_EQ(rows({exec_head({.ret = -512})}), "ls               4242    4000    -ERESTARTSYS /bin/ls\n");
    EXPECT_EQ(object({.ret = -512})["errno"], "ERESTARTSYS");
    // execve("").
    EXPECT_EQ(rows({exec_head({.filename = "", .args = {"x"}, .ret = -ENOENT})}), text_row("\"\"", {.ret = -ENOENT}));
    EXPECT_EQ(rows({exec_head({.filename = "", .args = {"x"}, .ret = -ENOENT})}, {"-q"}),
              text_row("''", {.ret = -ENOENT}));
    // -l searches both names.
    EXPECT_NE(rows({exec_head(plain)}, {"-l", "bin/true"}), "");
    EXPECT_NE(rows({exec_head(plain)}, {"-l", "fd/3"}), "");
    EXPECT_EQ(rows({exec_head(plain)}, {"-l", "bin/false"}), "");
}

TEST_F(ExecsnoopJson, OneObjectPerLineWithoutHeader)
{
    const Finished f = replay({exec_head({}), exec_head({.pid = 5})}, {"-o", "json"});
    EXPECT_EQ(std::count(f.out.begin(), f.out.end(), '\n'), 2);
    EXPECT_TRUE(f.out.starts_with("{\"event\":\"exec\"") && f.out.ends_with("}\n")) << f.out;
    EXPECT_EQ(replay({}, {"-o", "json"}).out, "");
}

TEST_F(ExecsnoopJson, ScriptByThreadInDirectory)
{
    EXPECT_EQ(object({.filename = "./b.sh",
                      .args = {"/bin/sh", "", "./b.sh"},
                      .old_tid = 4250,
                      .flags = EXEC_FLAG_HAS_CWD,
                      .interp = "/bin/sh",
                      .cwd = {"src", "u", "home"}}),
              changed({{"filename", "./b.sh"},
                       {"interp", "/bin/sh"},
                       {"args", {"/bin/sh", "", "./b.sh"}},
                       {"args_bytes", 16},
                       {"old_tid", 4250},
                       {"cwd", "/home/u/src"}}));
}

TEST_F(ExecsnoopJson, Directories)
{
    EXPECT_EQ(object({.flags = EXEC_FLAG_HAS_CWD})["cwd"], "/");
    EXPECT_EQ(object({.flags = EXEC_FLAG_HAS_CWD, .cwd = {"tmp"}})["cwd"], "/tmp");
    EXPECT_EQ(object({.flags = EXEC_FLAG_HAS_CWD | EXEC_FLAG_CWD_CUT, .cwd = {"b", "a"}})["cwd"], ".../a/b");
    EXPECT_EQ(object({.flags = EXEC_FLAG_HAS_CWD, .cwd = {"a\"\n\xff", "x y"}})["cwd"], "/x y/a\"\n\ufffd");
    EXPECT_EQ(object({.cwd = {"not asked for"}})["cwd"], nullptr);
}

TEST_F(ExecsnoopJson, FailedExec)
{
    const ExecSpec failed{.args = {"x", "y"}, .ret = -EACCES, .flags = SNOOP_FLAG_MORE, .args_total = 0};
    const auto all = objects({exec_head(failed), exec_more(failed, "x\0y\0"s)});
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0],
              changed({{"ret", -EACCES}, {"errno", "EACCES"}, {"args", {"x", "y"}}, {"args_bytes", 4}, {"abi", 64}}));
    EXPECT_EQ(object({.ret = -512})["errno"], "ERESTARTSYS");
}

TEST_F(ExecsnoopJson, Flaws)
{
    EXPECT_EQ(object({.args = {}, .flags = no_filename | no_args, .args_total = 9}),
              changed({{"filename", nullptr}, {"args", json::array()}, {"args_bytes", 9}, {"faulted", true}}));
    EXPECT_EQ(object({.flags = SNOOP_FLAG_TRUNCATED, .args_total = 100000}),
              changed({{"truncated", true}, {"args_bytes", 100000}}));
    EXPECT_EQ(object({.flags = SNOOP_FLAG_ABI32}), changed({{"abi", 32}}));
}

TEST_F(ExecsnoopJson, MissingRecords)
{
    auto records = exec_in_pieces({.args = {"cc", "-a", "-b", "-c"}}, 3);
    records.erase(records.begin() + 2);
    auto all = objects(records);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0], changed({{"args", {"cc", "-b", "-c"}}, {"args_bytes", 12}, {"truncated", true}}));

    records.pop_back();
    all = objects(records);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0], changed({{"args", {"cc", "-b"}}, {"args_bytes", 12}, {"truncated", true}}));
}

TEST_F(ExecsnoopJson, AnyBytes)
{
    EXPECT_EQ(object({.filename = "/a\n\"\x1b",
                      .args = {"\xff", "\xe2\x82", "\u20ac", "\\"},
                      .comm = "c\t\xc3",
                      .pcomm = "\x01",
                      .process = "\x02"}),
              changed({{"filename", "/a\n\"\x1b"},
                       {"args", {"\ufffd", "\ufffd", "\u20ac", "\\"}},
                       {"args_bytes", 11},
                       {"comm", "c\t\ufffd"},
                       {"pcomm", "\x01"},
                       {"process", "\x02"}}));
}

TEST_F(ExecsnoopJson, LargestNumbers)
{
    const ExecSpec spec{.pid = 4194304, .ppid = UINT32_MAX, .uid = UINT32_MAX, .gid = UINT32_MAX};
    EXPECT_EQ(object(spec), changed({{"pid", 4194304},
                                     {"tid", 4194304},
                                     {"ppid", UINT32_MAX},
                                     {"uid", UINT32_MAX},
                                     {"gid", UINT32_MAX},
                                     {"user", nullptr}}));
}

TEST_F(ExecsnoopJson, NoUserNamesFromAnotherHost)
{
    EXPECT_EQ(object({})["user"], "root");
    EXPECT_EQ(object({.uid = nobody_has_this_id})["user"], nullptr);
    header_.host = {"somewhere-else"};
    EXPECT_EQ(object({})["user"], nullptr);
}

TEST_F(ExecsnoopJson, FiltersApply)
{
    const auto all = objects({exec_head({.pid = 1}), exec_head({.pid = 2})}, {"-p", "2"});
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["pid"], 2);
}

TEST_F(ExecsnoopJson, AccountingIsAnObjectOnStderr)
{
    accounting_.kernel.count[SNOOP_SEEN] = 9;
    accounting_.kernel.count[SNOOP_FILTERED] = 2;
    accounting_.kernel.count[SNOOP_LOST_RING] = 5;
    accounting_.skipped = 1;
    const Finished f = replay({exec_head({}), exec_head({})}, {"-o", "json"});
    EXPECT_EQ(json::parse(f.err), json::parse(R"({
        "event": "accounting", "tool": "execsnoop", "seen": 10, "printed": 2, "filtered": 2, "lost": 6, "kept": 0, "unwritten": 0, "after_stop": 0,
        "in_flight": 0,
        "lost_by": {"ring_full": 5, "map_full": 0, "too_large": 0, "no_buffer": 0, "missed": 1},
        "truncated": 0, "faulted": 0, "descendants_lost": 0, "lineages_lost": 0, "unrecorded": 0})"));
}

TEST_F(ExecsnoopReplay, FieldsOfEachFormat)
{
    const std::vector<Record> records{exec_head({.args = {"ls", "a,b"}})};
    const auto fields = [&](const char *format) {
        return replay(records, {"--fields", "args,pid,errno", "-o", format}).out;
    };

    EXPECT_EQ(fields("text"), "ARGS PID     ERRNO\n/bin/ls\\x20a,b 4242    -\n");
    EXPECT_EQ(fields("json"), "{\"args\":[\"ls\",\"a,b\"],\"pid\":4242,\"errno\":null}\n");
    EXPECT_EQ(fields("csv"), "args,pid,errno\n\"[\"\"ls\"\",\"\"a,b\"\"]\",4242,\n");
}

TEST_F(ExecsnoopReplay, CsvHasAllKeys)
{
    const std::string out = replay({exec_head({.args = {"ls"}})}, {"-o", "csv"}).out;
    const auto commas = [](std::string_view line) { return std::ranges::count(line, ','); };
    const std::size_t end = out.find('\n');

    EXPECT_TRUE(out.starts_with("event,time,ts_ns,comm,pid,ppid,ret,errno,tid,")) << out;
    EXPECT_EQ(commas(out.substr(0, end)), commas(out.substr(end)));
    EXPECT_NE(out.find("exec,"), out.npos);
}

TEST_F(ExecsnoopReplay, FieldsThatDoNotExist)
{
    const Finished f = replay({}, {"--fields", "pid,nope"});
    EXPECT_EQ(f.exit, 2);
    EXPECT_EQ(f.out, "");
    EXPECT_TRUE(f.err.starts_with("execsnoop: --fields: there is no column or key 'nope': choose from event, time,"))
        << f.err;
    EXPECT_EQ(replay({}, {"--fields", "pid,"}).exit, 2);
    EXPECT_EQ(replay({}, {"--fields", ""}).exit, 2);
}

} // namespace
