// SPDX-License-Identifier: BSD-2-Clause
// Waits for the next records of an event source, so that a program wakes the consumer only if it must.
//     EventWait wait{source, loop};
//     while (!loop.stopped())
//         wait.after_drain(source.drain(handler) > 0, limit);
#pragma once

#include "events/event_source.hpp"
#include "run/loop.hpp"

#include <chrono>
#include <optional>

namespace snoop {

class EventWait {
public:
    EventWait(EventSource &source, Loop &loop) : source_(source), loop_(loop) {}

    // Call this after each drain; `found` says whether it found a record. Waits at most for `limit` if it
    // is given, and often not at all.
    void after_drain(bool found, std::optional<std::chrono::milliseconds> limit);

private:
    // While events flow, the consumer looks for them at intervals that grow from the first to the second,
    // and the programs do not wake it.
    static constexpr std::chrono::milliseconds shortest_nap{2}, longest_nap{16};

    EventSource &source_;
    Loop &loop_;
    int looks_ = 0; // since it announced that it will sleep
    std::chrono::milliseconds nap_ = shortest_nap;
};

} // namespace snoop
