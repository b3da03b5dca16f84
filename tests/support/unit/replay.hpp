// SPDX-License-Identifier: BSD-2-Clause
// Common parts of all tools' replay tests: records built from a struct and the bytes
// behind it, and the rows that the tool prints of them.
//     class OpensnoopReplay : public Replay { … };
//     const Finished f = replay({record_of(event, with_nuls({"/etc/passwd"}))}, {"-e"});
#pragma once

#include "unit/files.hpp"
#include "unit/records.hpp"
#include "unit/run.hpp"

#include "events/recording.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

constexpr std::uint64_t replay_start_ns = 5'000'000'000'000;             // boot clock
constexpr std::int64_t replay_start_wall_ns = 1'795'341'850'000'000'000; // 2026-11-22T10:04:10Z

inline std::string with_nuls(const std::vector<std::string> &strings)
{
    std::string bytes;
    for (const std::string &string : strings)
        bytes += string + '\0';
    return bytes;
}

inline Record record_of(const auto &head, std::string_view data)
{
    Record bytes(sizeof(head) + data.size());
    std::memcpy(bytes.data(), &head, sizeof(head));
    if (!data.empty())
        std::memcpy(bytes.data() + sizeof(head), data.data(), data.size());
    return bytes;
}

// An event of a thread 4242, a child of bash, 1.5 s after tracing began.
template <class Event> Event new_event(std::uint16_t kind, unsigned flags, std::string_view comm)
{
    Event e{};
    e.rec.kind = kind;
    e.rec.flags = static_cast<std::uint16_t>(flags);
    e.rec.ts_ns = replay_start_ns + 1'500'000'000;
    e.rec.tid = e.task.pid = e.task.tid = 4242;
    e.task.ppid = 4000;
    e.task.ns_pid = 42;
    e.task.cgroup_id = 77;
    e.task.exec_id = 0x123456789abcdef;
    e.task.gid = 100;
    comm.copy(e.task.comm, SNOOP_COMM_LEN);
    std::string_view{"bash"}.copy(e.task.pcomm, SNOOP_COMM_LEN);
    std::string_view{"server"}.copy(e.task.process, SNOOP_COMM_LEN);
    return e;
}

class Replay : public testing::Test {
protected:
    // `event_kind`: the kind of record of which every event has exactly one.
    Replay(std::string tool, std::uint32_t format, std::uint16_t event_kind)
        : header_(snoop::make_header(tool, format)), tool_(std::move(tool)), event_kind_(event_kind)
    {
        header_.start_ns = replay_start_ns;
        header_.wall_offset_ns = replay_start_wall_ns - static_cast<std::int64_t>(replay_start_ns);
    }

    // Writes the recording and runs the tool on it. `accounting_` and `header_` become part of it;
    // unless accounting_ says otherwise, each event counts as seen.
    Finished replay(const std::vector<Record> &records, std::vector<std::string> options = {},
                    const Surroundings &around = {})
    {
        snoop::EventCounters accounting = accounting_;
        if (accounting.kernel.count[SNOOP_SEEN] == 0)
            accounting.kernel.count[SNOOP_SEEN] =
                static_cast<std::uint64_t>(std::count_if(records.begin(), records.end(), [&](const Record &record) {
                    return reinterpret_cast<const snoop_record *>(record.data())->kind == event_kind_;
                }));
        write_recording(path_, header_, records, accounting);
        return run(std::move(options), around);
    }
    Finished run(std::vector<std::string> options, const Surroundings &around = {}) const
    {
        options.insert(options.begin(), {tool_path(tool_), "--replay", path_});
        return run_program(options, around);
    }
    // The rows, without the header, of a replay that must succeed.
    std::string rows_below(const std::string &text_header, const std::vector<Record> &records,
                           const std::vector<std::string> &options)
    {
        const Finished f = replay(records, options);
        EXPECT_EQ(f.exit, 0) << f.err;
        EXPECT_TRUE(f.out.starts_with(text_header)) << f.out;
        return f.out.substr(std::min(f.out.size(), text_header.size()));
    }

    // The only row, in JSON, of a replay that must succeed.
    nlohmann::json object_of(const std::vector<Record> &records)
    {
        const Finished f = replay(records, {"-o", "json"});
        EXPECT_EQ(f.exit, 0) << f.err;
        return nlohmann::json::parse(f.out);
    }

    TempDir dir_;
    std::string path_ = dir_ / "recording";
    snoop::RecordingHeader header_;
    snoop::EventCounters accounting_;

private:
    std::string tool_;
    std::uint16_t event_kind_;
};
