// SPDX-License-Identifier: BSD-2-Clause
// opensnoop's rows, text and JSON, from records built here.
#include "base/error.hpp"
#include "unit/replay.hpp"

#include <snoop/opensnoop.h>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sstream>

namespace {

using namespace std::string_literals;
using nlohmann::json;

struct OpenSpec {
    std::string path = "/etc/passwd", comm = "cat";
    std::vector<std::string> resolved = {}; // innermost first
    std::int32_t ret = 3, dirfd = AT_FDCWD;
    std::uint32_t flags = O_RDONLY, mode = 0;
    unsigned record_flags = 0;
    open_via via = OPEN_VIA_OPENAT;
    snoop_file file = {};
    open_path_source source = OPEN_PATH_CALLER;
};

Record open_record(const OpenSpec &spec)
{
    auto e = new_event<open_event>(OPEN_EVENT, spec.record_flags, spec.comm);
    const std::string path = spec.record_flags & OPEN_FLAG_NO_PATH ? "" : with_nuls({spec.path});
    const std::string resolved = with_nuls(spec.resolved);

    e.rec.size = static_cast<std::uint32_t>(sizeof(e) + path.size() + resolved.size());
    e.ret = spec.ret;
    e.dirfd = spec.dirfd;
    e.flags = spec.flags;
    e.mode = spec.mode;
    e.path_len = static_cast<std::uint16_t>(path.size());
    e.resolved_len = static_cast<std::uint16_t>(resolved.size());
    e.via = static_cast<std::uint8_t>(spec.via);
    e.file = spec.file;
    e.path_source = static_cast<std::uint8_t>(spec.source);
    return record_of(e, path + resolved);
}

constexpr unsigned resolved_flag = OPEN_FLAG_HAS_RESOLVED, base_flag = OPEN_FLAG_HAS_RESOLVED | OPEN_FLAG_BASE_ONLY;
constexpr unsigned no_path = 0u | OPEN_FLAG_NO_PATH | SNOOP_FLAG_FAULTED;

class OpensnoopReplay : public Replay {
protected:
    OpensnoopReplay() : Replay("opensnoop", OPEN_FORMAT, OPEN_EVENT) {}

    // The rows of one event, without the header.
    std::string row(const OpenSpec &spec, const std::vector<std::string> &options = {},
                    const std::string &header = "PID     COMM             FD   ERR  PATH\n")
    {
        return rows_below(header, {open_record(spec)}, options);
    }
    json object(const OpenSpec &spec) { return object_of({open_record(spec)}); }
};

std::string text(std::string_view fd, std::int64_t err, std::string_view path)
{
    return fmt::format("4242    cat              {:<4} {:<4} {}\n", fd, err, path);
}

TEST_F(OpensnoopReplay, Row)
{
    EXPECT_EQ(row({}), text("3", 0, "/etc/passwd"));
    EXPECT_EQ(row({.ret = -ENOENT}), text("-1", ENOENT, "/etc/passwd"));
    EXPECT_EQ(row({.ret = std::numeric_limits<std::int32_t>::min()}), text("-1", 2147483648, "/etc/passwd"));
    // No list has these numbers: see src/table/error_number.hpp.
    EXPECT_EQ(row({.ret = -133}), text("-1", 133, "/etc/passwd"));
    EXPECT_EQ(row({.ret = -512}), "4242    cat              -1   ERESTARTSYS /etc/passwd\n");
    EXPECT_EQ(object({.ret = -512})["errno"], "ERESTARTSYS");
    for (int err = 134; err < 4096; err++)
        EXPECT_EQ(snoop::errno_name(err)[0], 'E') << err;
    EXPECT_EQ(row({.ret = -4096}), text("-1", 4096, "/etc/passwd"));
    EXPECT_EQ(row({.path = ""}), text("3", 0, "\"\""));
    EXPECT_EQ(row({.path = "a\nb \xff\x1b[1m"}), text("3", 0, "a\\nb \\xff\\x1b[1m"));
    EXPECT_EQ(row({.ret = -EFAULT, .record_flags = no_path}), text("-1", EFAULT, "<fault>"));
    // Opened by a way that returns no descriptor.
    EXPECT_EQ(row({.ret = 0, .record_flags = OPEN_FLAG_NO_FD, .via = OPEN_VIA_EXEC}), text("-", 0, "/etc/passwd"));
}

TEST_F(OpensnoopReplay, FlagsAndMode)
{
    const std::string header = "PID     COMM             FD   ERR  FLAGS                       MODE PATH\n";

    EXPECT_EQ(row({.flags = O_WRONLY | O_CREAT, .mode = 0644}, {"-e"}, header),
              "4242    cat              3    0    O_WRONLY|O_CREAT            0644 /etc/passwd\n");
    EXPECT_EQ(row({.flags = O_RDONLY, .mode = 0644}, {"-e"}, header),
              "4242    cat              3    0    O_RDONLY                    -    /etc/passwd\n");
}

TEST_F(OpensnoopReplay, ResolvedPath)
{
    const OpenSpec led{.path = "b", .resolved = {"b", "a"}, .record_flags = resolved_flag};
    const OpenSpec failed{.path = "../b", .resolved = {"c", "a"}, .ret = -ENOENT, .record_flags = base_flag};
    const OpenSpec in_chroot{.path = "/b", .resolved = {"jail"}, .ret = -ENOENT, .record_flags = base_flag};
    const OpenSpec cut{.path = "b", .resolved = {"b", "a"}, .record_flags = resolved_flag | OPEN_FLAG_RESOLVED_CUT};

    EXPECT_EQ(row(led), text("3", 0, "b"));
    EXPECT_EQ(row(led, {"-F"}), text("3", 0, "/a/b"));
    EXPECT_EQ(row(failed, {"-F"}), text("-1", ENOENT, "/a/c/../b"));
    EXPECT_EQ(row(in_chroot, {"-F"}), text("-1", ENOENT, "/jail/b"));
    EXPECT_EQ(row(cut, {"-F"}), text("3", 0, ".../a/b"));
    // Recorded without this option: the path as passed.
    EXPECT_EQ(row({}, {"-F"}), text("3", 0, "/etc/passwd"));
    EXPECT_EQ(object(led)["resolved"], "/a/b");
    EXPECT_EQ(object(failed)["resolved"], "/a/c/../b");
    EXPECT_EQ(object({})["resolved"], nullptr);
}

TEST_F(OpensnoopReplay, TheFileItself)
{
    const OpenSpec gone{.path = "b",
                        .resolved = {"b", "a"},
                        .record_flags = resolved_flag,
                        .file = {.ino = 77, .dev = 8u << 20 | 1, .mnt_ns = 42, .deleted = 1}};
    const OpenSpec pipe{.path = "/dev/fd/0",
                        .resolved = {""},
                        .record_flags = resolved_flag,
                        .file = {.ino = 78, .dev = 15, .magic = 0x50495045, .place = SNOOP_PLACE_NAMELESS}};
    const OpenSpec unnamed{.record_flags = resolved_flag | OPEN_FLAG_NO_PATH,
                           .via = OPEN_VIA_HANDLE,
                           .file = {.ino = 79, .dev = 8u << 20, .place = SNOOP_PLACE_UNKNOWN}};
    const OpenSpec failed{.path = "b",
                          .resolved = {"a"},
                          .ret = -ENOENT,
                          .record_flags = base_flag,
                          .file = {.mnt_ns = 42, .place = SNOOP_PLACE_ELSEWHERE, .deleted = 1}};
    const auto of = [&](const OpenSpec &spec) {
        const json row = object(spec);
        return json{row["resolved"], row["mnt_ns"], row["deleted"], row["dev"], row["ino"]};
    };

    EXPECT_EQ(of(gone), json({"/a/b (deleted)", 42, true, "8:1", 77}));
    EXPECT_EQ(of(pipe), json({"pipe:[78]", nullptr, nullptr, "0:15", 78}));
    EXPECT_EQ(of(unnamed), json({nullptr, nullptr, nullptr, "8:0", 79}));
    EXPECT_EQ(of(failed), json({"mnt:[42]/a (deleted)/b", 42, nullptr, nullptr, nullptr}));
    EXPECT_EQ(row(gone, {"-F"}), text("3", 0, "/a/b (deleted)"));
    EXPECT_EQ(row(pipe, {"-F"}), text("3", 0, "pipe:[78]"));
    // The mark is not compared.
    EXPECT_EQ(row(gone, {"-F", "--suffix", "/b"}), text("3", 0, "/a/b (deleted)"));
    EXPECT_EQ(row(pipe, {"-F", "--path", "pipe:"}), text("3", 0, "pipe:[78]"));
}

TEST_F(OpensnoopReplay, PathSource)
{
    EXPECT_EQ(object({})["path_source"], "caller");
    EXPECT_EQ(object({.source = OPEN_PATH_KERNEL})["path_source"], "kernel");
    EXPECT_EQ(object({.ret = -EFAULT, .record_flags = no_path})["path_source"], nullptr);
}

TEST_F(OpensnoopReplay, Handle)
{
    const OpenSpec led{
        .resolved = {"b", "a"}, .record_flags = resolved_flag | OPEN_FLAG_NO_PATH, .via = OPEN_VIA_HANDLE};

    EXPECT_EQ(row(led), text("3", 0, "/a/b"));
    EXPECT_EQ(object(led)["path"], nullptr);
    EXPECT_EQ(object(led)["via"], "open_by_handle_at");
}

TEST_F(OpensnoopReplay, EveryKey)
{
    EXPECT_EQ(object({.flags = O_RDWR | O_CREAT, .mode = 0100600}), json::parse(R"({
        "event": "open", "time": "2026-11-22T10:04:11.500000000Z", "ts_ns": 5001500000000,
        "pid": 4242, "comm": "cat", "ppid": 4000, "tid": 4242, "ns_pid": 42, "uid": 0, "gid": 100, "user": "root",
        "auid": 0, "auid_user": "root", "session": 0,
        "pcomm": "bash", "process": "server", "cgroup_id": 77, "cgroup": null,
        "exec_id": "0123456789abcdef", "parent_exec_id": null,
        "runtime": null, "container_id": null, "container_name": null, "image": null, "pod_uid": null,
        "pod_name": null, "pod_namespace": null, "unit": null, "slice": null, "fd": 3, "ret": 3, "errno": null,
        "flags": ["O_RDWR", "O_CREAT"],
        "mode": "0600", "dirfd": -100, "path": "/etc/passwd", "path_source": "caller",
        "resolved": null, "mnt_ns": null,
        "deleted": null, "dev": null, "ino": null, "via": "openat", "abi": 64,
        "truncated": false, "faulted": false})"));
}

TEST_F(OpensnoopReplay, ViaAndDirfd)
{
    const char *names[] = {"open", "openat", "openat2", "creat", "open_by_handle_at", "io_uring", "exec", "kernel"};

    for (int via = 0; via < OPEN_VIAS; via++) {
        const json row = object({.dirfd = 7, .via = static_cast<open_via>(via)});
        EXPECT_EQ(row["via"], names[via]);
        EXPECT_EQ(row["dirfd"], via == OPEN_VIA_OPEN || via == OPEN_VIA_CREAT ? json() : json(7)) << names[via];
    }
    EXPECT_EQ(object({.record_flags = SNOOP_FLAG_ABI32})["abi"], 32);
    EXPECT_EQ(object({.ret = -EACCES})["errno"], "EACCES");
    EXPECT_EQ(object({.ret = -EACCES})["fd"], nullptr);
}

TEST_F(OpensnoopReplay, CgroupOfTheRecording)
{
    snoop::RecordedCgroup one{};
    one.rec.kind = snoop::RECORDING_CGROUP;
    one.rec.size = sizeof(one) + 4;
    one.id = 77;
    Record cut(sizeof(one) - 4);
    snoop_record rec{
        .size = sizeof(one) - 4, .kind = snoop::RECORDING_CGROUP, .flags = 0, .ts_ns = 0, .tid = 0, .cpu = 0};
    std::memcpy(cut.data(), &rec, sizeof(rec));

    EXPECT_EQ(object_of({cut, record_of(one, "/a/b"), open_record({})})["cgroup"], "/a/b");
    one.id = 78;
    EXPECT_EQ(object_of({record_of(one, "/a/b"), open_record({})})["cgroup"], nullptr);
}

// The path of the cgroup tells where the task ran.
TEST_F(OpensnoopReplay, PlaceOfTheRecording)
{
    const std::string id(64, 'a'), path = "/system.slice/docker-" + id + ".scope";
    snoop::RecordedCgroup cgroup{};
    cgroup.rec.kind = snoop::RECORDING_CGROUP;
    cgroup.rec.size = static_cast<std::uint32_t>(sizeof(cgroup) + path.size());
    cgroup.id = 77;

    const json row = object_of({record_of(cgroup, path), open_record({})});
    EXPECT_EQ(row["runtime"], "docker");
    EXPECT_EQ(row["container_id"], id);
    EXPECT_EQ(row["pod_uid"], nullptr);
    EXPECT_EQ(row["unit"], "docker-" + id + ".scope");
    EXPECT_EQ(row["slice"], "system.slice");
}

TEST_F(OpensnoopReplay, FiltersApply)
{
    const std::vector<Record> records{open_record({.path = "/etc/a.conf"}),
                                      open_record({.path = "/etc/b", .ret = -ENOENT, .flags = O_WRONLY}),
                                      open_record({.path = "/src/c.conf", .flags = O_RDWR | O_CREAT})};
    const auto shown = [&](const std::vector<std::string> &options) {
        const Finished f = replay(records, options);
        std::string paths;
        std::istringstream lines{f.out};
        for (std::string line; std::getline(lines, line);)
            if (const auto at = line.find('/'); at != std::string::npos)
                paths += line.substr(at) + " ";
        return paths;
    };

    EXPECT_EQ(shown({"-x"}), "/etc/b ");
    EXPECT_EQ(shown({"--path", "/etc/"}), "/etc/a.conf /etc/b ");
    EXPECT_EQ(shown({"--suffix", ".conf"}), "/etc/a.conf /src/c.conf ");
    EXPECT_EQ(shown({"--suffix", ".conf", "--path", "/src"}), "/src/c.conf ");
    EXPECT_EQ(shown({"--path", "!/etc"}), "/src/c.conf ");
    EXPECT_EQ(shown({"--path", "*.conf", "--path", "/etc/b"}), "/etc/a.conf /etc/b /src/c.conf ");
    EXPECT_EQ(shown({"--path", "/etc", "--path", "!*.conf"}), "/etc/b ");
    EXPECT_EQ(shown({"--suffix", "!.conf"}), "/etc/b ");
    EXPECT_EQ(shown({"--path", "*/passwd"}), "");
    EXPECT_EQ(shown({"--flags", "O_WRONLY,O_CREAT"}), "/etc/b /src/c.conf ");
    EXPECT_EQ(shown({"-n", "dog"}), "");
    EXPECT_NE(shown({"-n", "server"}), ""); // the process
    for (const char *option : {"--path", "--suffix"})
        EXPECT_EQ(replay({}, {option, "!"}).exit, 2) << option; // it would leave out everything
}

TEST_F(OpensnoopReplay, Redacted)
{
    EXPECT_EQ(row({.path = "/srv/ab/x"}, {"--redact", "a[b]"}), "4242    cat              3    0    /srv/***/x\n");
    EXPECT_EQ(row({.path = "b/c", .resolved = {"ab", "srv"}, .ret = -2, .record_flags = base_flag},
                  {"--redact", "b/b", "-F"}),
              "4242    cat              -1   2    /srv/a***/c/***\n");
    EXPECT_EQ(row({.path = "/ab", .record_flags = SNOOP_FLAG_TRUNCATED}, {"--redact", "abc"}),
              "4242    cat              3    0    ***\n");
    EXPECT_EQ(row({.path = "/ab", .comm = "ab"}, {"--redact", "ab", "--path", "/ab", "-n", "ab"}),
              "4242    ***              3    0    /***\n");
}

// A recording may come from anywhere: lengths that exceed the record are not believed.
TEST_F(OpensnoopReplay, DamagedRecordsStayInBounds)
{
    Record record = open_record({});
    auto *event = reinterpret_cast<open_event *>(record.data());
    event->path_len = event->resolved_len = 0xffff;
    event->rec.flags = resolved_flag;
    event->via = 200;
    Record short_record = open_record({});
    short_record.resize(sizeof(open_event) - 8);
    reinterpret_cast<snoop_record *>(short_record.data())->size = sizeof(open_event) - 8;

    const Finished f = replay({record, short_record}, {"-F", "-e"});
    EXPECT_EQ(f.exit, 0) << f.err;
    expect_no_sanitizer_report(f);
    EXPECT_EQ(std::count(f.out.begin(), f.out.end(), '\n'), 2);
}

} // namespace
