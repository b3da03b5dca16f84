// SPDX-License-Identifier: BSD-2-Clause
// A trace event that this process defines in tracefs, with any number of uprobes.
//     TraceEvent event;
//     if (event.add_uprobe("/usr/bin/bash", 0x4f3a0, 0)) perf_event(event.id());
#pragma once

#include <cstdint>
#include <string>

namespace snoop {

// tracefs is mounted, and this user may define uprobes in it (uprobe_events).
bool has_trace_events();

// Its group is named after this process. Definitions of processes that were killed are removed when the first
// event is made: they place no breakpoints, but keep the file system of their file mounted.
class TraceEvent {
public:
    TraceEvent();
    // Removes the definition, if no perf event uses it any more.
    ~TraceEvent();
    TraceEvent(const TraceEvent &) = delete;
    TraceEvent &operator=(const TraceEvent &) = delete;

    // Adds a uprobe at an offset in a file; 5.4 and later take several. `semaphore_offset` is 0 or that of a counter.
    // Returns false and sets errno if the kernel refuses.
    [[nodiscard]] bool add_uprobe(const std::string &file, std::uint64_t offset, std::uint64_t semaphore_offset) const;

    // The number for perf_event_open(); requires a uprobe. Returns -1 if it cannot be read.
    [[nodiscard]] int id() const;

private:
    std::string name_; // "snoop_4026531836_42_1234/e1"
};

} // namespace snoop
