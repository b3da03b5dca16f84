// SPDX-License-Identifier: BSD-2-Clause
// One run of an event tool, from the command line to the exit code: live or replayed,
// recorded or not. What is left for the tool is a Sink: what to do with a record.
//     int main(int argc, char **argv)
//     {
//         return snoop::run_main(argc, argv, info, [](snoop::Cli &cli) {
//             …options…; cli.parse();
//             snoop::Session session{cli};
//             MySink sink{session, …};
//             return session.run(sink, snoop::AttachMethod<mytool_bpf>{"tracepoint", [&](mytool_bpf &skel) { …rodata…
//             }});
//         });
//     }
#pragma once

#include "base/users.hpp"
#include "events/event_source.hpp"
#include "events/recording.hpp"
#include "libbpf/event_counters.hpp"
#include "run/tracer.hpp"
#include "table/output.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace snoop {

class Sink {
public:
    virtual ~Sink() = default;

    // A record, in the order in which they were sent.
    virtual void record(const snoop_record &rec, std::span<const std::byte> whole) = 0;

    // After each drain. Returns true while it waits for the rest of an event.
    virtual bool drained() { return false; }

    // No record will follow: show what is still held.
    virtual void finish() {}
};

class Session {
public:
    Session(const ToolInfo &info, const CommonOptions &options);

    [[nodiscard]] const CommonOptions &options() const noexcept { return tracer_.options(); }
    [[nodiscard]] const Log &log() const noexcept { return tracer_.log(); }
    Output &output() noexcept { return output_; }
    UserNames &users() noexcept { return users_; }

    // Of the events that are shown: start of tracing (boot clock) and what to add for
    // the time since 1970. A replay has those of the recording.
    [[nodiscard]] std::uint64_t start_ns() const noexcept { return header_.start_ns; }
    [[nodiscard]] std::int64_t wall_offset_ns() const noexcept { return header_.wall_offset_ns; }

    // Is a record's task wanted? In a live run the programs have seen to that already;
    // in a replay this does it.
    [[nodiscard]] bool task_passes(const snoop_task &task) const;

    // May another row be shown? Counts the event as received, and as printed if so.
    bool take_row();
    // An event that a filter on this side took away.
    void skip_row();

    // Writes what the output buffer holds.
    void flush();

    // Traces, or replays, until something ends it. Returns the exit code.
    template <class S> int run(Sink &sink, const AttachMethod<S> &method)
    {
        return run<S>(sink, [&] { return std::vector{method}; });
    }

    // The same by the first of several ways that this system has. They are asked for only
    // if there is something to trace, and by a user who may.
    template <class S> int run(Sink &sink, const std::function<std::vector<AttachMethod<S>>()> &ways)
    {
        if (!options().replay.empty())
            return replay(sink);
        prepare();
        Attached<S> attached = tracer_.attach_first<S>(
            ways(), {.before_load = [this](S &skel) { set_up(skel.obj, skel.rodata->config); },
                     .after_load = [this](S &skel) { loaded(skel.obj, skel.bss ? &skel.bss->wake : nullptr); },
                     .on_failure = [this] { source_.reset(); }});
        trace(sink);
        attached.detach();
        return finish(sink, attached.skel->object());
    }

private:
    int replay(Sink &sink);
    void prepare();
    void set_up(bpf_object *object, snoop_config &config);
    void loaded(bpf_object *object, snoop_wake *wake);
    void trace(Sink &sink);
    int finish(Sink &sink, bpf_object *object);

    [[nodiscard]] bool enough() const; // -c is reached, or nobody reads any more
    int print_accounting();

    Tracer tracer_;
    Output output_;
    UserNames users_;
    RecordingHeader header_;
    EventCounters counters_;
    std::unique_ptr<EventSource> source_;
    std::unique_ptr<Recorder> recorder_;
    bool use_ring_ = true;
    int clock_ = 0;
    std::uint32_t ring_bytes_ = 0; // of the ring, or of each perf buffer
    const snoop_wake *wake_ = nullptr;
    std::uint64_t printed_and_written_ = 0;
};

} // namespace snoop
