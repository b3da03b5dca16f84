// SPDX-License-Identifier: BSD-2-Clause
// Records of execsnoop, built in memory, and the rows that the tool prints of them.
//     ExecSpec ls{.args = {"ls", "-l"}};
//     const Finished f = replay({exec_head(ls)}, {"-q"});
#pragma once

#include "unit/replay.hpp"

#include <snoop/execsnoop.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

constexpr std::uint64_t exec_start_ns = replay_start_ns;
constexpr unsigned no_filename = 0u | SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_FILENAME;
constexpr unsigned no_args = 0u | SNOOP_FLAG_FAULTED | EXEC_FLAG_NO_ARGS;
constexpr std::uint32_t nobody_has_this_id = 4'000'000'000;

struct ExecSpec {
    std::string filename = "/bin/ls";
    std::vector<std::string> args = {"ls"};
    std::string comm = "ls", pcomm = "bash", process = "ls";
    std::uint32_t pid = 4242, ppid = 4000, uid = 0, gid = 100, ns_pid = 42, old_tid = 4242;
    std::uint64_t ts_ns = exec_start_ns + 1'500'000'000;
    std::int32_t ret = 0;
    unsigned flags = 0;
    std::string interp = {};
    std::vector<std::string> cwd = {}; // innermost first
    std::optional<std::uint64_t> args_total = {};
    exec_resolved resolved_is = EXEC_RESOLVED_NONE;
    std::vector<std::string> resolved = {}; // innermost first
    snoop_file file = {}, directory = {};
    bool resolved_cut = false;
    std::uint32_t exe_dev = 0;
    std::uint64_t exe_ino = 0;
    std::uint64_t exec_id = 0x123456789abcdef, parent_exec_id = 0;
    exec_who who = {};
    std::uint32_t auid = 0;
};

inline exec_event exec_struct(const ExecSpec &spec)
{
    exec_event e{};
    e.rec.kind = EXEC_HEAD;
    e.rec.flags = static_cast<std::uint16_t>(spec.flags);
    e.rec.ts_ns = spec.ts_ns;
    e.rec.tid = e.task.pid = e.task.tid = spec.pid;
    e.task.cgroup_id = 77;
    e.task.ppid = spec.ppid;
    e.task.uid = spec.uid;
    e.task.gid = spec.gid;
    e.task.ns_pid = spec.ns_pid;
    e.task.exec_id = spec.exec_id;
    e.task.parent_exec_id = spec.parent_exec_id;
    std::copy_n(spec.comm.begin(), std::min<std::size_t>(spec.comm.size(), SNOOP_COMM_LEN), e.task.comm);
    std::copy_n(spec.pcomm.begin(), std::min<std::size_t>(spec.pcomm.size(), SNOOP_COMM_LEN), e.task.pcomm);
    std::copy_n(spec.process.begin(), std::min<std::size_t>(spec.process.size(), SNOOP_COMM_LEN), e.task.process);
    e.ret = spec.ret;
    e.old_tid = spec.old_tid;
    return e;
}

// The first record. With SNOOP_FLAG_MORE the arguments follow in further records.
inline Record exec_head(const ExecSpec &spec)
{
    exec_event e = exec_struct(spec);
    const std::string filename = spec.flags & EXEC_FLAG_NO_FILENAME ? "" : with_nuls({spec.filename});
    const std::string interp = spec.interp.empty() ? "" : with_nuls({spec.interp});
    const std::string cwd = with_nuls(spec.cwd), all_args = with_nuls(spec.args);
    const std::string args = spec.flags & SNOOP_FLAG_MORE ? "" : all_args;

    e.args_total = spec.args_total.value_or(all_args.size());
    e.filename_len = static_cast<std::uint32_t>(filename.size());
    e.interp_len = static_cast<std::uint32_t>(interp.size());
    e.cwd_len = static_cast<std::uint32_t>(cwd.size());
    e.args_len = static_cast<std::uint32_t>(args.size());
    const std::string resolved = with_nuls(spec.resolved);
    e.exe_dev = spec.exe_dev;
    e.exe_ino = spec.exe_ino;
    e.who = spec.who;
    e.task.auid = spec.auid;
    e.resolved_len = static_cast<std::uint16_t>(resolved.size());
    e.resolved = spec.resolved_is;
    e.resolved_cut = spec.resolved_cut;
    e.file = spec.file;
    e.directory = spec.directory;
    const std::string data = filename + interp + resolved + cwd + args;
    e.rec.size = static_cast<std::uint32_t>(sizeof(e) + data.size());
    return record_of(e, data);
}

// A further record with `bytes` of the arguments.
inline Record exec_more(const ExecSpec &spec, std::string_view bytes, unsigned flags = 0)
{
    exec_args more{};
    more.rec.size = static_cast<std::uint32_t>(sizeof(more) + bytes.size());
    more.rec.kind = EXEC_ARGS;
    more.rec.flags = static_cast<std::uint16_t>(flags);
    more.rec.ts_ns = spec.ts_ns;
    more.rec.tid = spec.pid;
    more.len = static_cast<std::uint32_t>(bytes.size());
    return record_of(more, bytes);
}

// A record with `bytes` of the environment: of the exec, or of the process at `before_ns`.
inline Record exec_env(const ExecSpec &spec, std::string_view bytes, unsigned flags = 0)
{
    Record record = exec_more(spec, bytes, flags);
    reinterpret_cast<snoop_record *>(record.data())->kind = EXEC_ENV;
    return record;
}
inline Record exec_env_before(const ExecSpec &spec, std::string_view bytes, unsigned flags = 0)
{
    Record record = exec_env(spec, bytes, flags);
    auto *rec = reinterpret_cast<snoop_record *>(record.data());
    rec->kind = EXEC_ENV_BEFORE;
    rec->ts_ns = spec.who.before_ns;
    rec->tid = spec.old_tid;
    return record;
}

// The first and all further records, with `piece` bytes of arguments in each.
inline std::vector<Record> exec_in_pieces(ExecSpec spec, std::size_t piece)
{
    spec.flags |= SNOOP_FLAG_MORE;
    std::vector<Record> records{exec_head(spec)};
    const std::string args = with_nuls(spec.args);
    for (std::size_t at = 0; at < args.size(); at += piece)
        records.push_back(exec_more(spec, args.substr(at, piece), at + piece < args.size() ? SNOOP_FLAG_MORE : 0));
    return records;
}

// The process ends `after_ns` after the event, with a status as from waitpid(2). `end` has the cost and the killer.
inline Record exec_end(const ExecSpec &spec, std::uint64_t after_ns, std::int32_t status, exec_exit end = {})
{
    end.rec.size = sizeof(end);
    end.rec.kind = EXEC_EXIT;
    end.rec.ts_ns = spec.ts_ns + after_ns;
    end.rec.tid = end.pid = spec.pid;
    end.status = status;
    return record_of(end, "");
}

inline std::string text_header() { return "COMM             PID     PPID    RET  ARGS\n"; }

inline std::string text_row(std::string_view args, const ExecSpec &spec = {})
{
    return fmt::format("{:<16} {:<7} {:<7} {:<4} {}\n", spec.comm, spec.pid, spec.ppid, spec.ret, args);
}

class ExecsnoopReplay : public Replay {
protected:
    ExecsnoopReplay() : Replay("execsnoop", EXEC_FORMAT, EXEC_HEAD) {}

    // The rows, without the header, of a replay that must succeed.
    std::string rows(const std::vector<Record> &records, const std::vector<std::string> &options = {})
    {
        return rows_below(text_header(), records, options);
    }
};
