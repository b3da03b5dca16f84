// SPDX-License-Identifier: BSD-2-Clause
// Records such as a busy system makes, for measuring the consumer: a few processes
// take turns, most opens succeed, and no two rows that follow one another are alike.
//     const std::vector<bench::Record> opens = bench::opens();
//     sink.record(opens[i].rec(), opens[i].bytes());
#pragma once

#include "events/recorder.hpp"
#include "events/recording.hpp"
#include <snoop/execsnoop.h>
#include <snoop/opensnoop.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

constexpr std::uint64_t start_ns = 5'000'000'000'000;             // boot clock
constexpr std::int64_t start_wall_ns = 1'795'341'850'000'000'000; // 2026-11-22T10:04:10Z
constexpr std::uint64_t apart_ns = 5'000;                         // from event to event

// In 8-byte units, for the alignment that a source promises.
class Record {
public:
    Record(const auto &head, std::string_view data) : size_(sizeof(head) + data.size()), units_((size_ + 7) / 8)
    {
        std::memcpy(units_.data(), &head, sizeof(head));
        std::memcpy(bytes_of_units() + sizeof(head), data.data(), data.size());
        rec().size = static_cast<std::uint32_t>(size_);
    }

    [[nodiscard]] snoop_record &rec() noexcept { return *reinterpret_cast<snoop_record *>(units_.data()); }
    [[nodiscard]] const snoop_record &rec() const noexcept
    {
        return *reinterpret_cast<const snoop_record *>(units_.data());
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept
    {
        return {reinterpret_cast<const std::byte *>(units_.data()), size_};
    }

private:
    std::byte *bytes_of_units() noexcept { return reinterpret_cast<std::byte *>(units_.data()); }

    std::size_t size_;
    std::vector<std::uint64_t> units_;
};

struct Process {
    std::uint32_t pid, ppid, uid;
    std::string_view comm, pcomm;
};
constexpr std::array processes{
    Process{812, 1, 0, "systemd-udevd", "systemd"}, Process{51377, 51370, 1000, "cc1plus", "g++"},
    Process{4242, 4000, 1000, "bash", "tmux: server"}, Process{1733, 1, 33, "nginx", "systemd"},
    Process{104113, 104110, 1000, "python3", "make"}};

inline snoop_task task_of(const Process &process)
{
    snoop_task task{};
    task.cgroup_id = 4711;
    task.pid = task.tid = task.ns_pid = process.pid;
    task.ppid = process.ppid;
    task.uid = task.gid = process.uid;
    process.comm.copy(task.comm, SNOOP_COMM_LEN - 1);
    process.comm.copy(task.process, SNOOP_COMM_LEN - 1);
    process.pcomm.copy(task.pcomm, SNOOP_COMM_LEN - 1);
    return task;
}

inline snoop_record record_header(std::uint16_t kind, std::size_t i, const snoop_task &task)
{
    snoop_record rec{};
    rec.kind = kind;
    rec.ts_ns = start_ns + i * apart_ns;
    rec.tid = task.tid;
    rec.cpu = i % 2;
    return rec;
}

// "/usr/lib" as read_path() in bpf/lib/path.bpf.h leaves it: "lib", "usr", each with its NUL.
inline std::string components_of(std::string_view path)
{
    std::string components;
    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        components.append(path.substr(slash + 1)).push_back('\0');
        path = path.substr(0, slash);
    }
    return components;
}

inline std::vector<Record> opens()
{
    struct Open {
        std::string_view path, resolved;
        std::int32_t ret;
        std::uint32_t flags, mode;
    };
    constexpr std::array opens{
        Open{"/etc/ld.so.cache", "/etc/ld.so.cache", 3, O_RDONLY | O_CLOEXEC, 0},
        Open{"/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6", 3, O_RDONLY | O_CLOEXEC, 0},
        Open{"/usr/include/c++/12/bits/stl_algobase.h", "/usr/include/c++/12/bits/stl_algobase.h", 5, O_RDONLY, 0},
        Open{"/usr/local/include/c++/12/bits/stl_pair.h", "/usr/local/include", -ENOENT, O_RDONLY, 0},
        Open{"/proc/self/stat", "/proc/51377/stat", 4, O_RDONLY, 0},
        Open{"/var/log/nginx/access.log", "/var/log/nginx/access.log", 12, O_WRONLY | O_CREAT | O_APPEND, 0640},
        Open{".", "/home/alice/src/project", 3, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0}};

    std::vector<Record> records;
    for (std::size_t i = 0; i < opens.size() * processes.size(); i++) {
        const Open &open = opens[i % opens.size()];
        open_event e{};
        e.task = task_of(processes[i % processes.size()]);
        e.rec = record_header(OPEN_EVENT, i, e.task);
        e.rec.flags = OPEN_FLAG_HAS_RESOLVED | (open.ret < 0 ? OPEN_FLAG_BASE_ONLY : 0);
        e.ret = open.ret;
        e.dirfd = OPEN_AT_CWD;
        e.flags = open.flags;
        e.mode = open.mode;
        const std::string path = std::string{open.path} + '\0', resolved = components_of(open.resolved);
        e.path_len = static_cast<std::uint16_t>(path.size());
        e.resolved_len = static_cast<std::uint16_t>(resolved.size());
        e.via = OPEN_VIA_OPENAT;
        records.emplace_back(e, path + resolved);
    }
    return records;
}

inline std::vector<Record> execs()
{
    struct Exec {
        std::string_view filename, interp, args; // args: a space after each, the last one too
    };
    constexpr std::array execs{
        Exec{"/usr/bin/ls", "", "ls --color=auto -l /etc "},
        Exec{"/usr/bin/g++", "", "g++ -std=c++20 -O2 -Wall -Wextra -Iinclude -c src/base/escape.cpp -o build/text.o "},
        Exec{"/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", "", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus -quiet "},
        Exec{"./dev", "/bin/sh", "/bin/sh ./dev test unit "}};

    std::vector<Record> records;
    for (std::size_t i = 0; i < execs.size() * processes.size(); i++) {
        const Exec &exec = execs[i % execs.size()];
        exec_event e{};
        e.task = task_of(processes[i % processes.size()]);
        e.rec = record_header(EXEC_HEAD, i, e.task);
        e.rec.flags = EXEC_FLAG_HAS_CWD;
        e.old_tid = e.task.tid;
        const std::string filename = std::string{exec.filename} + '\0', cwd = components_of("/home/alice/src/project");
        const std::string interp = exec.interp.empty() ? "" : std::string{exec.interp} + '\0';
        std::string args{exec.args};
        std::replace(args.begin(), args.end(), ' ', '\0');
        e.filename_len = static_cast<std::uint32_t>(filename.size());
        e.interp_len = static_cast<std::uint32_t>(interp.size());
        e.cwd_len = static_cast<std::uint32_t>(cwd.size());
        e.args_len = static_cast<std::uint32_t>(args.size());
        e.args_total = args.size();
        records.emplace_back(e, filename + interp + cwd + args);
    }
    return records;
}

// A recording of `count` events, which the records take turns in.
inline void write_recording(const char *path, std::string_view tool, std::uint32_t format, std::vector<Record> records,
                            std::size_t count)
{
    snoop::RecordingHeader header = snoop::make_header(tool, format);
    header.start_ns = start_ns;
    header.wall_offset_ns = start_wall_ns - static_cast<std::int64_t>(start_ns);

    snoop::Recorder recorder{path};
    recorder.begin(header);
    for (std::size_t i = 0; i < count; i++) {
        Record &record = records[i % records.size()];
        record.rec().ts_ns = start_ns + i * apart_ns;
        recorder.add(record.bytes());
        if (i % 4096 == 0)
            recorder.flush();
    }
    snoop::EventCounters accounting;
    accounting.kernel.count[SNOOP_SEEN] = count;
    recorder.finish(accounting);
}

} // namespace bench
