// SPDX-License-Identifier: BSD-2-Clause
// The source of records: a ring buffer, a perf buffer or a recorded file. A tool
// does not know which.
//     auto source = snoop::ring_source(map_fd, bytes, wake);
//     while (source->drain(handler)) { … }
#pragma once

#include <snoop/record.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace snoop {

// A drain ends after so many records.
constexpr std::size_t records_per_drain = 8192;

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

    // Drains the records that still wait to be put in order, when no more records will come.
    virtual void drain_rest(const RecordHandler &) {}

    // For epoll, edge-triggered; -1 if there is nothing to wait for.
    [[nodiscard]] virtual int fd() const { return -1; }

    // Tells the programs what the consumer is about to do, so that an event pays for a
    // wake-up only if it must. After SNOOP_CONSUMER_SLEEPS the consumer looks for records
    // `looks()` times, the second time after a moment, and then blocks.
    virtual void announce(snoop_consumer) {}
    [[nodiscard]] virtual int looks() const { return 1; }
    // False once a program has woken the consumer, which must then announce again before it blocks.
    [[nodiscard]] virtual bool is_announced(snoop_consumer) const { return true; }

    // No record will come any more (a recorded file's end).
    [[nodiscard]] virtual bool ended() const { return false; }
};

// A record as the kernel gave it, or null if its own size says that it can't be one.
inline const snoop_record *as_record(const void *data, std::size_t size)
{
    const auto *rec = static_cast<const snoop_record *>(data);

    return size >= sizeof(*rec) && rec->size >= sizeof(*rec) && rec->size <= size ? rec : nullptr;
}

inline bool is_announced_to(snoop_wake *wake, snoop_consumer state)
{
    return !wake || std::atomic_ref{wake->consumer}.load() == static_cast<std::uint32_t>(state);
}

// Tells the programs, sequentially consistent: see wake_sleeping_consumer() in emit.bpf.h.
inline void announce_to(snoop_wake *wake, snoop_consumer state)
{
    if (wake)
        std::atomic_ref{wake->consumer}.store(state);
}

// Reads the ring buffer map, which has `bytes` (a power of two, in whole pages); wake is the
// programs' struct in .bss, or null if they wake the consumer at every event.
std::unique_ptr<EventSource> ring_source(int map_fd, std::size_t bytes, snoop_wake *wake);

// Reads the perf event arrays `events`, with `bytes` of buffer (pages, a power of two) for each
// CPU that there is now, and `wakeups`; wake as above. Records come in order of their time,
// which is of `clock`.
struct PerfMaps {
    int events, wakeups;
};
std::unique_ptr<EventSource> perf_source(PerfMaps maps, std::size_t bytes, int clock, snoop_wake *wake);

// A hash of records by a key of at most eight bytes, in which programs put those that found no room in `inner` and
// that the consumer must have; wake->spilled counts them.
struct SpilledRecords {
    int map_fd;
    std::size_t record_bytes;
    int unfinished_fd = -1; // a hash of records that programs send later; the rest is taken at the end
};
// Reads both. A spilled record comes after the records that were sent before it, except one whose
// program was interrupted before it submitted the record: that one can come later.
std::unique_ptr<EventSource> spill_source(std::unique_ptr<EventSource> inner, SpilledRecords spilled, snoop_wake *wake);

} // namespace snoop
