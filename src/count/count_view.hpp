// SPDX-License-Identifier: BSD-2-Clause
// The output of a tool that counts in the kernel: a table at each interval, redrawn in place on a
// terminal and printed as blocks elsewhere, or JSON; and the accounting summary at the end.
//     CountView view{tracer, keys, options.view};
//     view.run(counts, object);        // until something ends it
//     attached.detach();
//     return view.finish();            // the last counts, the accounting, the exit code
#pragma once

#include "cli/cli.hpp"
#include "count/count_groups.hpp"
#include "count/count_table.hpp"
#include "count/counter_map.hpp"
#include "count/key_formatter.hpp"
#include "count/screen.hpp"
#include "libbpf/accounting.hpp"
#include "libbpf/event_counters.hpp"
#include "run/tracer.hpp"
#include "table/columns.hpp"
#include "table/output.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// One of the values counted for each key, and its names.
struct Measure {
    std::string_view name;                    // for --sort and in JSON
    std::string_view title, rate_title;       // of its columns; empty: only in JSON
    std::string_view delta_key, rate_key;     // in JSON
    std::string_view meaning;                 // of the sum over all keys
    std::string_view metric{}, metric_help{}; // its name for Prometheus; empty: it has none
};
using Measures = std::vector<Measure>;

// -i, --once, --top, --sort.
struct CountViewOptions {
    Measures measures{{"count", "COUNT", "PER-SEC", "delta", "rate", "All events."}};
    std::optional<double> interval_s; // default_interval_s, unless metrics take the place of tables
    std::optional<std::uint64_t> top;
    bool once = false;
    bool silent = false;    // print no table: stdout has another use
    bool has_calls = false; // events begin and end: the accounting tells of those that did not end
    SortOrder order = SortOrder::count;

    static constexpr double default_interval_s = 2;

    // Measures without a column at that time cannot be sorted by.
    void add_to(Cli &cli);
    // The sort orders of the table: each measure that has a column, "rate", "key".
    [[nodiscard]] std::vector<Choice<SortOrder>> orders() const;
};

// Records that the programs of a counting tool send beside the counts.
class CountRecords {
public:
    virtual ~CountRecords() = default;
    // Has the loop wake up for records.
    virtual void watch(Loop &loop) = 0;
    // Takes those that are there.
    virtual void drain() = 0;
    // Waits for more, or until the limit.
    virtual void wait(std::optional<std::chrono::milliseconds> limit) = 0;
    // Takes those that are left once no program runs any more.
    virtual void finish() = 0;
    // Notes for the accounting summary, and whether they tell of a loss.
    [[nodiscard]] virtual std::vector<AccountingItem> items(const EventCounters &counters) const = 0;
    [[nodiscard]] virtual bool is_lossy(const EventCounters &counters) const = 0;
    // Why they could not be taken any more, if so: a line for the user, and exit code 1.
    [[nodiscard]] virtual std::optional<std::string> failure() const { return std::nullopt; }
};

// The keys of a JSON row, those of KeyFormatter::put_json() among them.
std::vector<JsonKey> count_keys(const std::vector<JsonKey> &key_columns, const Measures &measures);

// The accounting summary of a tool that counts: `counted` with a key, `other` without one.
Accounting count_accounting(std::string_view tool, const EventCounters &counters, std::uint64_t counted,
                            std::uint64_t other, bool has_calls);
// Its schema: each measure but the first has a sum beside `counted`, and CountRecords have `notes`.
JsonRow describe_count_accounting(std::string_view tool, const CountViewOptions &options,
                                  const std::vector<AccountingItem> &notes = {});

class CountView {
public:
    CountView(Tracer &tracer, KeyFormatter &keys, const CountViewOptions &options);

    // Shows counts until something ends it. The object has the map `counters`, and if there is more
    // than one measure the per-CPU array `other`, for what finds no room in `counts`. Without it,
    // SNOOP_LOST_MAP_FULL counts that.
    // `records` must live until finish().
    void run(CounterMap &counts, bpf_object *object, CountRecords *records = nullptr);
    // Once no program counts any more: shows what came since, and prints the accounting. `in_flight`
    // holds an entry for each event that has not ended; it may be null.
    int finish(const bpf_map *in_flight = nullptr);

private:
    using Clock = std::chrono::steady_clock;

    // The counts of one measure that have no key.
    struct Other {
        std::uint64_t sum = 0, before = 0, cleared = 0, delta = 0;
    };

    void snapshot();
    void add_metrics(MetricSet &to);
    [[nodiscard]] bool is_silent() const;
    void look_for_end();
    void end_interval();
    void show();
    void put_block(Buffer &out, std::size_t rows, std::optional<std::size_t> width);
    void put_total(Buffer &out) const;
    void put_json(Buffer &out);
    bool take_keys();
    void wait(std::chrono::milliseconds limit);
    void print_news();
    int print_accounting(const bpf_map *in_flight);
    [[nodiscard]] std::vector<CountRow> rows(std::size_t most) const;
    [[nodiscard]] std::string_view order_name() const;
    [[nodiscard]] double per_second(std::uint64_t count) const;

    Tracer &tracer_;
    KeyFormatter &keys_;
    const CountViewOptions &options_;
    Output output_;
    std::unique_ptr<Screen> screen_;
    CountTable table_;
    std::optional<CountGroups> groups_; // if the keys of the map are not those of the table
    SortOrder order_;
    CounterMap *counts_ = nullptr;
    bpf_object *object_ = nullptr;
    CountRecords *records_ = nullptr;
    std::vector<Other> other_;
    std::uint64_t unnamed_ = 0; // of other_[0], at the end: in the map, but nobody knows their key's name
    Clock::time_point began_;
    double seconds_ = 0;
    bool shown_ = false, ended_ = false;
    std::optional<std::string> gone_;
    std::vector<std::string> news_; // which waits for the screen's end
};

} // namespace snoop
