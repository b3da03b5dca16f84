// SPDX-License-Identifier: BSD-2-Clause
// Prints the results of funclat: a histogram for one function, a table for several, or JSON, and at the
// end the accounting summary.
//     LatencyView view{tracer, options};
//     view.run({…});                   // until the run ends
//     attached.detach();
//     return view.finish();            // the last interval, the accounting, the exit code
#pragma once

#include "funclat/key_counts.hpp"
#include "funclat/latency_accounting.hpp"
#include "funclat/slot_counts.hpp"
#include "funclat/slow_calls.hpp"
#include "funclat/unfinished_calls.hpp"
#include "run/tracer.hpp"
#include "table/grid.hpp"
#include "table/output.hpp"
#include <snoop/funclat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {

struct LatencyOptions {
    std::vector<std::string> functions; // their names, by their numbers in the map of counters
    std::vector<std::string> binaries;  // that they are in, by the same; empty for the kernel
    TimeUnit unit = nanoseconds;        // of times, and of the histogram
    std::optional<double> interval_s;   // between two blocks; without it, one at the end
    bool histograms = false;            // one for each row, in place of the table
    funclat_by by = FUNCLAT_BY_FUNCTION;
    std::vector<std::vector<std::string>> aliases{};     // by function: other names of its code
    std::vector<std::optional<std::uint64_t>> inlined{}; // by function: copies that are not seen; nothing: not known
};

// The maps that the programs count into.
struct LatencySource {
    bpf_object *object;   // has the map `counters`
    const bpf_map *stats; // funclat_stats of each function
    const bpf_map *slots; // funclat_slots of each function; null if they are in `sparse_slots`
    const bpf_map *sparse_slots;
    const bpf_map *key_stats; // null without --by
    CounterMap::Reads reads;
    SlowCalls *slow_calls; // null without --slower
    bool is_timed;
    const bpf_map *calls;      // those in flight, of kernel functions or by return probes; null if there are none
    const bpf_map *user_calls; // those of other functions of programs; null if there are none
    const bpf_map *threads;    // that have such calls
    std::vector<const bpf_program *> entries; // the programs that see calls begin
    std::function<void(const funclat_control &)> control;
    std::vector<std::optional<std::uint64_t>> overhead_ns{}; // by function: what is taken off each call; empty: nothing
};

// The caller that --by counts for; the sum of those that found no room if it has no name.
struct Caller {
    std::optional<std::uint32_t> pid, tid;
    std::optional<std::string> comm;
};

// The calls of a function, or of one of its callers, in an interval.
struct LatencyRow {
    std::uint32_t function;
    funclat_stats stats; // of a caller only calls, returned, sum_ns and longest_ns
    SlotCounts slots;
    std::optional<Caller> caller{}; // with --by

    // The sum of the callers that found no room.
    [[nodiscard]] bool is_other() const { return caller && !caller->comm; }
    // False if no call was timed, or if the map of slots was full.
    [[nodiscard]] bool has_percentiles() const { return stats.returned > 0 && slots.total() == stats.returned; }
};

// The JSON Schema of the rows.
std::string describe_rows();

// True if an interval has anything to show.
bool has_counts(const funclat_stats &sums);

class LatencyView {
public:
    LatencyView(Tracer &tracer, LatencyOptions options);

    void run(LatencySource source);
    // Call this once all programs are detached.
    int finish();

private:
    using Clock = std::chrono::steady_clock;

    void end_interval();
    void wait(std::optional<Clock::time_point> until);
    void drain_slow_calls();
    void add_unfinished();
    [[nodiscard]] funclat_stats read(std::uint32_t function) const;
    void read_slots();
    void read_keys();
    void add_others();
    void show();
    [[nodiscard]] bool is_in_one_binary() const;
    [[nodiscard]] std::string label(std::size_t function) const;
    void put_binary(Buffer &out) const;
    void put_aliases(Buffer &out, std::size_t function) const;
    [[nodiscard]] const std::vector<std::string> &aliases_of(std::size_t function) const;
    void put_heading(Buffer &out) const;
    void put_row(Buffer &out, const LatencyRow &row) const;
    void put_percentiles(Buffer &out, const LatencyRow &row) const;
    struct TableColumn {
        std::string title;
        Align how;
        std::size_t min_width = 0;
    };
    [[nodiscard]] std::vector<TableColumn> table_columns() const;
    std::vector<std::string> fit_terminal(Grid &grid, const std::vector<TableColumn> &columns) const;
    void put_table(Buffer &out) const;
    [[nodiscard]] std::vector<std::string> cells(const LatencyRow &row) const;
    void put_json(Buffer &out) const;
    [[nodiscard]] std::optional<std::uint64_t> overhead_of(std::size_t function) const;
    [[nodiscard]] std::string time(std::uint64_t ns) const;
    int print_accounting();
    [[nodiscard]] SlowCounts slow_counts(const EventCounters &counters) const;
    [[nodiscard]] Accounting accounting(const EventCounters &counters, const funclat_stats &sums) const;
    [[nodiscard]] EventCounters event_counters() const;
    void add_metrics(MetricSet &to);
    [[nodiscard]] funclat_stats sums_of(std::uint32_t function) const;
    [[nodiscard]] std::vector<SlotCounts> slots_of_all() const;
    [[nodiscard]] MetricLabels labels_of(std::uint32_t function) const;

    Tracer &tracer_;
    LatencyOptions options_;
    Output output_;
    LatencySource source_{};
    std::vector<funclat_stats> banks_[2]; // by function: of even intervals, and of odd ones, as last read
    std::vector<funclat_stats> interval_; // by function
    std::vector<std::vector<std::uint64_t>> slots_banks_[2]; // likewise
    std::optional<KeyCounts> key_counts_;
    std::vector<LatencyRow> rows_; // of the interval
    std::optional<UnfinishedCalls> unfinished_;
    std::vector<UnfinishedCalls::Counts> shown_unfinished_; // by function, in earlier intervals
    std::uint64_t others_ = 0;                              // calls of callers that found no room
    std::uint64_t epoch_ = 0;
    Clock::time_point began_, ended_; // the interval
    Clock::time_point settled_;       // when unfinished_ was, last
    double seconds_ = 0;
    bool shown_ = false;
};

} // namespace snoop::funclat
