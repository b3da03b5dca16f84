// SPDX-License-Identifier: BSD-2-Clause
// Raw events in a file: --record writes them (events/recorder.hpp), --replay prints them again, on any
// machine, without root and without BPF.
//
//     header   struct RecordingHeader
//     records  as the programs sent them; each begins with its size (snoop_record)
//     cgroups  struct RecordedCgroup and a path: a record of kind RECORDING_CGROUP, before the events of that cgroup
//     containers  names and image: a record of kind RECORDING_CONTAINER, likewise
//     end      struct RecordingEnd: a record of kind RECORDING_END, once, at the end
#pragma once

#include "base/fd.hpp"
#include "containers/container_names.hpp"
#include "events/event_source.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// All numbers in the recording machine's byte order, which byte_order shows.
struct RecordingHeader {
    std::array<char, 8> magic;    // "snooprec"
    std::uint32_t byte_order;     // 0x01020304
    std::uint32_t layout;         // of this file; 2
    std::array<char, 32> tool;    // "execsnoop"
    std::array<char, 32> version; // snoopkit's
    std::uint32_t tool_format;    // of the tool's records, EXEC_FORMAT and so on
    std::uint32_t reserved;       // 0
    std::int64_t wall_offset_ns;  // add it to ts_ns for the time since 1970
    std::uint64_t start_ns;       // ts_ns when tracing began
    std::array<char, 64> host;    // uname -n
    std::array<char, 64> kernel;  // uname -r
};
static_assert(sizeof(RecordingHeader) == 232);

// A header for this host and kernel; the times are still 0.
RecordingHeader make_header(std::string_view tool, std::uint32_t tool_format);

constexpr std::uint16_t RECORDING_END = 0xffff;
constexpr std::uint16_t RECORDING_CGROUP = 0xfffe;
// A snoop_record, and five strings, each with its NUL: id, name, image, pod and its namespace; empty if not known.
constexpr std::uint16_t RECORDING_CONTAINER = 0xfffd;

// A flag of RecordingEnd: not all events that were counted were recorded.
constexpr std::uint16_t RECORDING_IN_PART = 1;

struct RecordingEnd {
    snoop_record rec;
    snoop_counters counters;
    std::uint64_t skipped, in_flight;
};

// Its path follows, without a NUL.
struct RecordedCgroup {
    snoop_record rec;
    std::uint64_t id;
};

// Cgroups, containers and ancestors are not counted: nobody asked how many there are.
bool is_recorded_event(const snoop_record &rec);

// The largest record that a program can send: perf's samples have 16-bit sizes.
constexpr std::uint32_t record_max = 65536;

// Reads such a record; strings that are missing are not known.
std::pair<std::string, ContainerInfo> recorded_container(std::span<const std::byte> record);

class Recording : public EventSource {
public:
    // Opens a recording of `tool` with records of the given format; "-" is stdin.
    // Throws Error (exit 2) for a file that can't be read, is none, or is another
    // tool's or version's.
    Recording(const std::string &path, std::string_view tool, std::uint32_t tool_format);

    [[nodiscard]] const RecordingHeader &header() const noexcept { return header_; }

    // The next drain reads the file, so a pipe may have to be waited for.
    [[nodiscard]] bool must_read() const;

    // Reads at most once, and hands over the whole records that there are.
    // Throws Error (exit 1) where the file ends within a record, after all whole
    // records have been handed over, or where it is damaged.
    std::size_t drain(const RecordHandler &handler) override;
    [[nodiscard]] bool ended() const override { return ended_; }
    // The pipe to wait for before a drain; a regular file is always ready.
    [[nodiscard]] int fd() const override { return fd_.get(); }

    // The counters of the programs, which may be about more events; null if the recorder was killed.
    [[nodiscard]] const RecordingEnd *end() const noexcept { return has_end_ ? &end_ : nullptr; }

private:
    [[nodiscard]] bool has(std::size_t bytes) const;
    bool read_more();
    const snoop_record *next();
    [[noreturn]] void damaged(std::string_view what) const;

    std::string path_;
    Fd fd_;
    RecordingHeader header_{};
    RecordingEnd end_{};
    bool has_end_ = false, ended_ = false;
    std::vector<std::uint64_t> buffer_; // 8-byte units, for the records' alignment
    std::size_t at_ = 0, filled_ = 0;   // bytes of buffer_
    std::uint64_t offset_ = 0;          // of at_ in the file
    std::uint64_t records_ = 0;
    std::vector<std::uint64_t> aligned_;
};

} // namespace snoop
