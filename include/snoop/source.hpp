// SPDX-License-Identifier: BSD-2-Clause
// Where records come from: a ring buffer, a perf buffer or a recorded file. A tool
// does not know which.
//     auto source = snoop::ring_source(map_fd, wake);
//     while (source->drain(handler)) { … }
#pragma once

#include <snoop/events/event.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace snoop {

// One record, header included, exactly rec.size bytes, 8-byte aligned. Valid only
// during the call.
using RecordHandler = std::function<void(const snoop_record &rec, std::span<const std::byte> whole)>;

class EventSource {
public:
    virtual ~EventSource() = default;

    // Hands over what is there, but no more than some thousand records, so that a
    // flood can't keep the caller from looking at signals. Returns how many there
    // were; 0: nothing is left.
    virtual std::size_t drain(const RecordHandler &handler) = 0;

    // What still waits to be put in order, when no more records will come.
    virtual void drain_rest(const RecordHandler &) {}

    // For epoll, edge-triggered; -1 if there is nothing to wait for.
    [[nodiscard]] virtual int fd() const { return -1; }

    // Tells the programs what the reader is about to do, so that an event pays for a
    // wake-up only if it has to. After SNOOP_READER_SLEEPS the reader looks for records
    // `looks()` times, the second time after a moment, and then blocks.
    virtual void announce(snoop_reader) {}
    [[nodiscard]] virtual int looks() const { return 1; }

    // No record will come any more (a recorded file's end).
    [[nodiscard]] virtual bool ended() const { return false; }
};

// Of the ring buffer map; wake is the programs' struct in .bss, or null if they wake the
// reader at every event.
std::unique_ptr<EventSource> ring_source(int map_fd, snoop_wake *wake);

// Of the perf event arrays `events`, with `bytes` of buffer per CPU (rounded up to pages, a
// power of two), and `wakeups`; wake as above. Records come in order of their time, which
// is of `clock`.
struct PerfMaps {
    int events, wakeups;
};
std::unique_ptr<EventSource> perf_source(PerfMaps maps, std::size_t bytes, int clock, snoop_wake *wake);

} // namespace snoop
