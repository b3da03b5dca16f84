// SPDX-License-Identifier: BSD-2-Clause
// Prints the results of funclat: a histogram for one function, a table for several, or JSON, and at the
// end the accounting summary.
//     LatencyView view{tracer, options};
//     view.run({…});                   // until the run ends
//     attached.detach();
//     return view.finish();            // the last interval, the accounting, the exit code
#pragma once

#include "funclat/unfinished_calls.hpp"
#include "libbpf/accounting.hpp"
#include "libbpf/event_counters.hpp"
#include "run/tracer.hpp"
#include "table/output.hpp"
#include <snoop/funclat.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::funclat {

struct TimeUnit {
    std::string_view name; // "us"
    std::uint64_t ns;
};

struct LatencyOptions {
    std::vector<std::string> functions; // their names, by their numbers in the map of counters
    std::vector<std::string> binaries;  // that they are in, by the same; empty for the kernel
    TimeUnit unit{"ns", 1};             // of times, and of the histogram
    std::optional<double> interval_s;   // between two blocks; without it, one at the end
};

// The maps that the programs count into.
struct LatencySource {
    bpf_object *object;   // has the map `counters`
    const bpf_map *stats; // funclat_stats of each function
    bool is_timed;
    const bpf_map *calls;      // those in flight, of kernel functions or by return probes; null if there are none
    const bpf_map *user_calls; // those of other functions of programs; null if there are none
    const bpf_map *threads;    // that have such calls
    std::vector<const bpf_program *> entries; // the programs that see calls begin
    std::function<void(const funclat_control &)> control;
    std::vector<std::optional<std::uint64_t>> overhead_ns{}; // by function: what is taken off each call; empty: nothing
};

// The JSON Schema of the rows.
std::string describe_rows();

// True if an interval has anything to show.
bool has_counts(const funclat_stats &sums);

// The accounting summary of funclat, from the sums of all intervals and functions.
Accounting latency_accounting(std::string_view tool, const EventCounters &counters, const funclat_stats &sums,
                              bool is_timed);

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
    void add_unfinished();
    [[nodiscard]] funclat_stats read(std::uint32_t function) const;
    void show();
    [[nodiscard]] bool is_in_one_binary() const;
    [[nodiscard]] std::string label(std::size_t function) const;
    void put_binary(Buffer &out) const;
    void put_one(Buffer &out, const funclat_stats &sums) const;
    void put_table(Buffer &out) const;
    void put_json(Buffer &out) const;
    [[nodiscard]] std::string time(std::uint64_t ns) const;
    int print_accounting();

    Tracer &tracer_;
    LatencyOptions options_;
    Output output_;
    LatencySource source_{};
    std::vector<funclat_stats> banks_[2]; // by function: of even intervals, and of odd ones, as last read
    std::vector<funclat_stats> interval_; // by function
    std::optional<UnfinishedCalls> unfinished_;
    std::vector<UnfinishedCalls::Counts> shown_unfinished_; // by function, in earlier intervals
    std::uint64_t epoch_ = 0;
    Clock::time_point began_, ended_; // the interval
    double seconds_ = 0;
    bool shown_ = false;
};

} // namespace snoop::funclat
