// SPDX-License-Identifier: BSD-2-Clause
// Carries records from the programs to user space (bpf/lib/emit.bpf.h): sizes the buffer before the
// load, and reads it after.
//     transport.before_load(skel.obj, skel.rodata->config);
//     transport.after_load(skel.obj, &skel.bss->wake);
//     transport.source().drain(handler);
#pragma once

#include "cli/options.hpp"
#include "events/event_source.hpp"
#include "libbpf/log.hpp"

#include <cstdint>
#include <memory>

struct bpf_object;

namespace snoop {

class EventTransport {
public:
    EventTransport(const CommonOptions &options, const Log &log) : options_(options), log_(log) {}

    // Has the programs fill exec_id and parent_exec_id, whether or not the options show them.
    void need_exec_ids() noexcept { needs_exec_ids_ = true; }

    // Chooses a ring buffer, or perf buffers where the kernel has none, and sets their size.
    // Throws Error (exit 3) if the kernel has no ring buffer and the user insists on it.
    void before_load(bpf_object *object, snoop_config &config);
    // Opens the maps `events`, `wakeups`, and `spilled` and `endings` if the object has them. `wake` is null if the
    // kernel cannot map .bss.
    void after_load(bpf_object *object, snoop_wake *wake);
    // The attach method failed: closes what after_load() opened.
    void reset()
    {
        source_.reset();
        endings_ = -1;
    }

    [[nodiscard]] EventSource &source() const { return *source_; }
    // The clock of the records' time stamps: CLOCK_BOOTTIME, or CLOCK_MONOTONIC.
    [[nodiscard]] int clock() const { return clock_; }
    // A drain that finds nothing is final: no record is held back to be sorted.
    [[nodiscard]] bool is_ring() const { return is_ring_; }

    // Before the programs are detached: waits up to 100 ms until `endings` is empty, so that the records in
    // it are complete.
    void settle() const;

    // For -v, at the end: how many wake-ups the events cost.
    void report_wakeups() const;

private:
    const CommonOptions &options_;
    const Log &log_;
    bool is_ring_ = true;
    bool needs_exec_ids_ = false;
    int clock_ = 0;
    std::uint32_t bytes_ = 0; // of the ring buffer, or of each perf buffer
    int endings_ = -1;
    const snoop_wake *wake_ = nullptr;
    std::unique_ptr<EventSource> source_;
};

} // namespace snoop
