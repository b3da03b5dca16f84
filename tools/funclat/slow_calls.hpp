// SPDX-License-Identifier: BSD-2-Clause
// The rows of --slower: a line for each slow call, as it happens; with --otlp, also to snoop-export.
//     SlowCalls slow{tracer, functions, binaries, unit};
//     slow.start_export();
//     auto attached = tracer.attach_first(methods, slow.observer());
//     slow.watch(loop);
//     while (!loop.stopped()) { slow.drain(out); slow.wait(limit); }
//     slow.finish(out);
//     return slow.finish_export(code);
#pragma once

#include "base/users.hpp"
#include "export/row_export.hpp"
#include "funclat/slot_counts.hpp"
#include "run/ancestors.hpp"
#include "run/attach_method.hpp"
#include "run/event_wait.hpp"
#include "run/task_columns.hpp"
#include "run/tracer.hpp"
#include "run/transport.hpp"
#include "table/columns.hpp"
#include <snoop/funclat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "funclat.skel.h"

namespace snoop::funclat {

struct SlowCallRow : TaskRow {
    const funclat_slow_call *call;
    std::string_view function, binary;
    TimeUnit unit;
};

// The keys of a row in JSON.
std::vector<JsonKey> slow_call_keys();

class SlowCalls {
public:
    // The names are by the numbers of the functions.
    SlowCalls(Tracer &tracer, std::vector<std::string> functions, std::vector<std::string> binaries, TimeUnit unit);

    // With --otlp, starts snoop-export, and leaves out its calls. Before the load. Throws as RowExport::start() does.
    void start_export();
    // Sizes the ring before the load, and opens it after.
    AttachObserver<funclat_bpf> observer();

    // Has the loop wake up for records. Call this before wait().
    void watch(Loop &loop);
    // Appends the rows of the records that are there.
    void drain(Buffer &out);
    // Appends those that are left once no program runs any more.
    void finish(Buffer &out);
    // With --otlp, waits until all rows are sent, and says what became of them. Returns the exit code that follows.
    int finish_export(int code);
    // Waits for records, a signal, or until the limit.
    void wait(std::optional<std::chrono::milliseconds> limit);

    // Puts the titles before the next row again.
    void begin_block() { has_titles_ = false; }
    [[nodiscard]] std::uint64_t printed() const noexcept { return printed_; }

private:
    void put(Buffer &out, const snoop_record &rec, std::span<const std::byte> whole);

    Tracer &tracer_;
    std::vector<std::string> functions_, binaries_;
    TimeUnit unit_;
    EventTransport transport_;
    Columns<SlowCallRow> columns_;
    UserNames users_;
    CgroupNames cgroups_;
    Ancestors ancestors_;
    std::optional<EventWait> wait_;
    std::optional<RowExport> export_;
    std::int64_t wall_offset_ns_ = 0;
    std::uint64_t printed_ = 0;
    bool found_ = false, has_titles_ = false;
};

} // namespace snoop::funclat
