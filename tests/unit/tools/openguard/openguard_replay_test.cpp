// SPDX-License-Identifier: BSD-2-Clause
// openguard's rows, text and JSON, from records built here.
#include "unit/replay.hpp"

#include <snoop/openguard.h>

#include <nlohmann/json.hpp>

#include <fcntl.h>

namespace {

using namespace std::string_literals;
using nlohmann::json;

struct GuardSpec {
    std::string guard = "/etc/shadow", comm = "cat";
    std::vector<std::string> path = {"shadow", "etc"}; // innermost first
    std::uint32_t flags = O_RDONLY;
    unsigned record_flags = 0;
    guard_action action = GUARD_AUDITED;
    open_via via = OPEN_VIA_OPENAT;
    guard_op op = GUARD_OPEN;
    guard_doubt doubt = GUARD_CERTAIN;
};

Record guard_record(const GuardSpec &spec)
{
    auto e = new_event<guard_event>(GUARD_EVENT, spec.record_flags, spec.comm);
    const std::string path = with_nuls(spec.path);

    e.rec.size = static_cast<std::uint32_t>(sizeof(e) + path.size() + spec.guard.size());
    e.ino = 131;
    e.dev = 8 << 20 | 1;
    e.flags = spec.flags;
    e.path_len = static_cast<std::uint16_t>(path.size());
    e.text_len = static_cast<std::uint16_t>(spec.guard.size());
    e.action = static_cast<std::uint8_t>(spec.action);
    e.via = static_cast<std::uint8_t>(spec.via);
    e.op = static_cast<std::uint8_t>(spec.op);
    e.doubt = static_cast<std::uint8_t>(spec.doubt);
    return record_of(e, path + spec.guard);
}

class OpenguardReplay : public Replay {
protected:
    OpenguardReplay() : Replay("openguard", GUARD_FORMAT, GUARD_EVENT) {}

    std::string row(const GuardSpec &spec, const std::vector<std::string> &options = {},
                    const std::string &header = "PID     COMM             ACTION  GUARD                PATH\n")
    {
        return rows_below(header, {guard_record(spec)}, options);
    }
    json object(const GuardSpec &spec) { return object_of({guard_record(spec)}); }
};

std::string text(std::string_view action, std::string_view guard, std::string_view path)
{
    return fmt::format("4242    cat              {:<7} {:<20} {}\n", action, guard, path);
}

TEST_F(OpenguardReplay, Redacted)
{
    EXPECT_EQ(row({}, {"--redact", "shad.."}), text("audited", "/etc/***", "/etc/***"));
    EXPECT_EQ(row({}, {"--redact", "^/etc"}), text("audited", "***/shadow", "/***/shadow"));
}

TEST_F(OpenguardReplay, Row)
{
    EXPECT_EQ(row({}), text("audited", "/etc/shadow", "/etc/shadow"));
    EXPECT_EQ(row({.action = GUARD_DENIED}), text("denied", "/etc/shadow", "/etc/shadow"));
    EXPECT_EQ(row({.path = {"b\n", "a"}}), text("audited", "/etc/shadow", "/a/b\\n"));
    EXPECT_EQ(row({.guard = "/a b/\x1b"}), text("audited", "/a\\x20b/\\x1b", "/etc/shadow"));
    // Blocked by an entry that someone added to the map.
    EXPECT_EQ(row({.guard = ""}), text("audited", "-", "/etc/shadow"));
    EXPECT_EQ(row({.guard = "", .doubt = GUARD_TOO_DEEP}), text("audited", "(too_deep)", "/etc/shadow"));
    EXPECT_EQ(row({.path = {}}), text("audited", "/etc/shadow", "/"));
    EXPECT_EQ(row({.record_flags = SNOOP_FLAG_TRUNCATED}), text("audited", "/etc/shadow", ".../etc/shadow"));
}

TEST_F(OpenguardReplay, ViaAndFlags)
{
    EXPECT_EQ(
        row({.flags = O_RDWR | O_APPEND, .via = OPEN_VIA_URING}, {"-e"},
            "PID     COMM             ACTION  VIA      FLAGS                             GUARD                PATH\n"),
        "4242    cat              audited io_uring O_RDWR|O_APPEND                   /etc/shadow          "
        "/etc/shadow\n");
    EXPECT_EQ(
        row({.op = GUARD_LINK}, {"-e"},
            "PID     COMM             ACTION  VIA      FLAGS                             GUARD                PATH\n"),
        "4242    cat              audited link     O_RDONLY                          /etc/shadow          "
        "/etc/shadow\n");
}

TEST_F(OpenguardReplay, EveryKey)
{
    EXPECT_EQ(object({.flags = O_WRONLY | O_TRUNC, .action = GUARD_DENIED}), json::parse(R"({
        "event": "guard", "time": "2026-11-22T10:04:11.500000000Z", "ts_ns": 5001500000000,
        "pid": 4242, "comm": "cat", "ppid": 4000, "tid": 4242, "ns_pid": 42, "uid": 0, "gid": 100, "user": "root",
        "auid": 0, "auid_user": "root", "session": 0,
        "pcomm": "bash", "process": "server", "cgroup_id": 77, "cgroup": null,
        "exec_id": "0123456789abcdef", "parent_exec_id": null,
        "runtime": null, "container_id": null, "container_name": null, "image": null, "pod_uid": null,
        "pod_name": null, "pod_namespace": null, "unit": null, "slice": null, "action": "denied", "guard": "/etc/shadow", "path": "/etc/shadow",
        "dev": "8:1", "ino": 131, "flags": ["O_WRONLY", "O_TRUNC"], "via": "openat", "abi": 64,
        "truncated": false, "op": "open", "doubt": null})"));
    EXPECT_EQ(object({.guard = ""})["guard"], nullptr);
    EXPECT_EQ(object({.record_flags = SNOOP_FLAG_ABI32})["abi"], 32);
    EXPECT_EQ(object({.record_flags = SNOOP_FLAG_TRUNCATED})["truncated"], true);
    EXPECT_EQ(object({.via = OPEN_VIA_EXEC})["via"], "exec");
    const json rename = object({.op = GUARD_RENAME, .doubt = GUARD_FULL});
    EXPECT_EQ(rename["op"], "rename");
    EXPECT_EQ(rename["doubt"], "map_full");
    EXPECT_EQ(rename["via"], nullptr);
}

TEST_F(OpenguardReplay, Operations)
{
    const std::vector<std::pair<guard_op, const char *>> names{
        {GUARD_OPEN, "open"},   {GUARD_LINK, "link"},     {GUARD_RENAME, "rename"}, {GUARD_TRUNCATE, "truncate"},
        {GUARD_WRITE, "write"}, {GUARD_UNLINK, "unlink"}, {GUARD_EXEC, "exec"},     {GUARD_MMAP, "mmap"}};
    ASSERT_EQ(names.size(), static_cast<std::size_t>(GUARD_OPS));
    for (const auto &[op, name] : names) {
        const json row = object({.via = OPEN_VIA_EXEC, .op = op});
        EXPECT_EQ(row["op"], name);
        EXPECT_EQ(row["via"].is_null(), op != GUARD_OPEN && op != GUARD_EXEC) << name;
    }
}

TEST_F(OpenguardReplay, FiltersApply)
{
    const std::vector<Record> records{guard_record({}), guard_record({.comm = "vi"})};
    const Finished f = replay(records, {"-n", "vi"});
    EXPECT_EQ(f.out.find("cat"), f.out.npos);
    EXPECT_NE(f.out.find("vi"), f.out.npos);
}

// A recording may come from anywhere: lengths that exceed the record are not believed.
TEST_F(OpenguardReplay, DamagedRecordsStayInBounds)
{
    Record record = guard_record({});
    auto *event = reinterpret_cast<guard_event *>(record.data());
    event->path_len = event->text_len = 0xffff;
    event->via = event->action = event->op = event->doubt = 200;
    Record short_record = guard_record({});
    short_record.resize(sizeof(guard_event) - 8);
    reinterpret_cast<snoop_record *>(short_record.data())->size = sizeof(guard_event) - 8;

    const Finished f = replay({record, short_record}, {"-e"});
    EXPECT_EQ(f.exit, 0) << f.err;
    EXPECT_EQ(std::count(f.out.begin(), f.out.end(), '\n'), 2);
}

} // namespace
