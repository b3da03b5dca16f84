// SPDX-License-Identifier: BSD-2-Clause
// Prints an interval of LatencyView as JSON, and describes the rows.
#include "export/row_export.hpp"
#include "funclat/histogram.hpp"
#include "funclat/latency_view.hpp"
#include "kernel/system.hpp"
#include "table/json_schema.hpp"
#include "table/times.hpp"

#include <algorithm>
#include <ctime>

namespace snoop::funclat {
namespace {

// A sum or maximum in the chosen unit: an integer if that is nanoseconds, otherwise with a fraction.
struct TimeInUnit {
    std::uint64_t ns, unit_ns;
};

constexpr JsonType json_type_of(std::type_identity<TimeInUnit>) { return json_number; }

void put_json(JsonWriter &json, TimeInUnit time)
{
    if (time.unit_ns == 1)
        json.value(time.ns);
    else
        json.value(static_cast<double>(time.ns) / static_cast<double>(time.unit_ns));
}

std::optional<std::string_view> name_of(funclat_by by)
{
    switch (by) {
    case FUNCLAT_BY_PROCESS: return "process";
    case FUNCLAT_BY_THREAD: return "thread";
    case FUNCLAT_BY_COMM: return "comm";
    default: return std::nullopt;
    }
}

std::string key_text(const Caller &caller)
{
    if (!caller.comm)
        return "other";
    return caller.tid ? fmt::to_string(*caller.tid) : caller.pid ? fmt::to_string(*caller.pid) : *caller.comm;
}

struct JsonLatency {
    WallTime time;
    double seconds;
    std::string_view function, binary;
    const LatencyRow *row;
    const funclat_stats *sums;
    bool is_timed;
    TimeUnit unit;
    funclat_by by;
    std::optional<std::uint64_t> overhead_ns;
    const std::vector<std::string> &aliases;
    std::optional<std::uint64_t> inlined;

    // Counts that are known of a function, not of its callers.
    [[nodiscard]] std::optional<std::uint64_t> of_function(std::uint64_t count) const
    {
        return row->caller ? std::nullopt : std::optional{count};
    }
    [[nodiscard]] std::optional<TimeInUnit> percentile(unsigned percent) const
    {
        if (!row->has_percentiles())
            return std::nullopt;
        return TimeInUnit{row->slots.percentile_ns(percent, unit, sums->longest_ns), unit.ns};
    }

    [[nodiscard]] std::optional<TimeInUnit> in_unit(std::uint64_t ns) const
    {
        return sums->returned > 0 ? std::optional{TimeInUnit{ns, unit.ns}} : std::nullopt;
    }
    [[nodiscard]] std::optional<double> average() const
    {
        const double count = static_cast<double>(sums->returned) * static_cast<double>(unit.ns);
        return sums->returned > 0 ? std::optional{static_cast<double>(sums->sum_ns) / count} : std::nullopt;
    }
};

const Columns<JsonLatency> &latency_columns()
{
    using R = JsonLatency;
    static const Columns<R> all{
        {json_only<R>("event", "Kind of the line.", [](const R &) { return "latency"; }),
         json_only<R>("time", "End of the interval, in UTC.", [](const R &r) { return r.time; }),
         json_only<R>("seconds", "Length of the interval.", [](const R &r) { return r.seconds; }),
         json_only<R>("function", "Name of the function.", [](const R &r) { return r.function; }),
         json_only<R>("binary", "File that has the function; null for the kernel.",
                      [](const R &r) { return r.binary.empty() ? std::nullopt : std::optional{r.binary}; }),
         json_only<R>("aliases", "Other names of the same code, at most 16.",
                      [](const R &r) {
                          return std::vector<std::string_view>{r.aliases.begin(), r.aliases.end()};
                      }),
         json_only<R>("inlined", "Inlined copies of the function, whose calls are not seen; null if that is not known.",
                      [](const R &r) { return r.inlined; }),
         json_only<R>("count", "Calls that entered the function.",
                      [](const R &r) { return std::uint64_t{r.sums->calls}; }),
         json_only<R>("returned", "Calls that returned and were timed; null if calls are only counted.",
                      [](const R &r) {
                          return r.is_timed && !r.sums->untimed ? std::optional{std::uint64_t{r.sums->returned}}
                                                                : std::nullopt;
                      }),
         json_only<R>("missed", "Calls whose return was missed; null with --by.",
                      [](const R &r) { return r.of_function(r.sums->missed); }),
         json_only<R>("ended", "Calls whose thread ended inside the function; null with --by.",
                      [](const R &r) { return r.of_function(r.sums->ended); }),
         json_only<R>("unwound", "Calls that an exception or longjmp() left without a return; null with --by.",
                      [](const R &r) { return r.of_function(r.sums->unwound); }),
         json_only<R>("unit", "Unit of sum, avg, max, p50, p90, p99 and slots: ns, us or ms.",
                      [](const R &r) { return r.unit.name; }),
         json_only<R>("sum", "Total time of the calls that returned; null if there was none.",
                      [](const R &r) { return r.in_unit(r.sums->sum_ns); }),
         json_only<R>("avg", "Mean time of a call; null if there was none.", [](const R &r) { return r.average(); }),
         json_only<R>("max", "Time of the longest call; null if there was none, or for the other callers.",
                      [](const R &r) { return r.row->is_other() ? std::nullopt : r.in_unit(r.sums->longest_ns); }),
         json_only<R>("p50", "Half of the calls took at most this time, which is at most an eighth too large.",
                      [](const R &r) { return r.percentile(50); }),
         json_only<R>("p90", "90 % of the calls took at most this time; null if p50 is.",
                      [](const R &r) { return r.percentile(90); }),
         json_only<R>("p99", "99 % of the calls took at most this time; null if p50 is.",
                      [](const R &r) { return r.percentile(99); }),
         json_only<R>("by", "Kind of caller with --by: process, thread or comm; otherwise null.",
                      [](const R &r) { return name_of(r.by); }),
         json_only<R>(
             "key", "The caller as text with --by, other for those that found no room; otherwise null.",
             [](const R &r) { return r.row->caller ? std::optional{key_text(*r.row->caller)} : std::nullopt; }),
         json_only<R>("pid", "Process id with --by process or thread; otherwise null.",
                      [](const R &r) { return r.row->caller ? r.row->caller->pid : std::nullopt; }),
         json_only<R>("tid", "Thread id with --by thread; otherwise null.",
                      [](const R &r) { return r.row->caller ? r.row->caller->tid : std::nullopt; }),
         json_only<R>("comm", "Name of the caller with --by, at most 15 bytes; otherwise null.",
                      [](const R &r) { return r.row->caller ? r.row->caller->comm : std::nullopt; }),
         json_only<R>("overhead_ns",
                      "Nanoseconds taken off the time of each call, for the probes; null if they are in it.",
                      [](const R &r) { return r.overhead_ns; }),
         json_only<R>("slots", "Histogram of the times, with power-of-two slots.",
                      [](const R &r) { return used_slots(r.row->slots.powers_of_two(r.unit)); })}};
    return all;
}

} // namespace

std::string describe_rows()
{
    JsonRow accounting = latency_accounting("funclat", {}, {}, true).describe();
    const std::vector<JsonKey> counting = latency_accounting("funclat", {}, {}, false).keys();

    // A run that only counts calls has `counted` in place of `returned`.
    const auto returned = std::ranges::find(accounting.keys, "returned", &JsonKey::name);
    accounting.keys.insert(returned + 1, *std::ranges::find(counting, "counted", &JsonKey::name));
    return json_schema("funclat", {{"latency", "Calls of one function, at each interval.", latency_columns().keys()},
                                   {"slow_call", "A slow call, with --slower.", slow_call_keys()},
                                   accounting,
                                   export_accounting("funclat").describe()});
}

std::optional<std::uint64_t> LatencyView::overhead_of(std::size_t function) const
{
    return function < source_.overhead_ns.size() ? source_.overhead_ns[function] : std::nullopt;
}

void LatencyView::put_json(Buffer &out) const
{
    const WallTime now{kernel::clock_ns(CLOCK_REALTIME)};

    for (const LatencyRow &row : rows_)
        if (rows_.size() == 1 || has_counts(row.stats))
            latency_columns().put_json_row(
                out,
                {now, seconds_, options_.functions[row.function], options_.binaries[row.function], &row, &row.stats,
                 source_.is_timed, options_.unit, options_.by, overhead_of(row.function), aliases_of(row.function),
                 row.function < options_.inlined.size() ? options_.inlined[row.function] : std::nullopt});
}

} // namespace snoop::funclat
