// SPDX-License-Identifier: BSD-2-Clause
// Prints an interval of LatencyView as text.
#include "funclat/histogram.hpp"
#include "funclat/latency_view.hpp"
#include "kernel/system.hpp"
#include "table/json_schema.hpp"
#include "table/times.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>

namespace snoop::funclat {
namespace {

double per(std::uint64_t sum, double count) { return count > 0 ? static_cast<double>(sum) / count : 0; }

} // namespace

void LatencyView::show()
{
    Buffer &out = output_.buffer();

    shown_ = true;
    if (tracer_.options().format == Format::json) {
        put_json(out);
    } else {
        append(out, "# ");
        put_text(out, WallTime{kernel::clock_ns(CLOCK_REALTIME)}, Spaces::keep);
        fmt::format_to(std::back_inserter(out), ", {:.1f} s, ", seconds_);
        if (options_.functions.size() == 1)
            put_one(out, interval_.front());
        else
            put_table(out);
        out.push_back('\n');
    }
    output_.flush();
}

std::string LatencyView::time(std::uint64_t ns) const
{
    return options_.unit.ns == 1 ? fmt::format("{}", ns)
                                 : fmt::format("{:.3f}", per(ns, static_cast<double>(options_.unit.ns)));
}

// Names the file if all functions are in one.
void LatencyView::put_binary(Buffer &out) const
{
    const std::string &binary = options_.binaries.front();

    if (binary.empty() || !is_in_one_binary())
        return;
    append(out, " in ");
    append_escaped(out, binary);
}

// The name of a function, with its file's unless the heading has that.
std::string LatencyView::label(std::size_t function) const
{
    const std::string &binary = options_.binaries[function], &name = options_.functions[function];

    if (binary.empty() || is_in_one_binary())
        return name;
    return binary.substr(binary.rfind('/') + 1) + ":" + name;
}

bool LatencyView::is_in_one_binary() const
{
    return std::ranges::count(options_.binaries, options_.binaries.front()) == std::ssize(options_.binaries);
}

void LatencyView::put_one(Buffer &out, const funclat_stats &sums) const
{
    const auto to = std::back_inserter(out);
    const std::string_view unit = options_.unit.name;

    append_escaped(out, options_.functions.front());
    put_binary(out);
    out.push_back('\n');
    put_histogram(out, sums.slots, unit);
    fmt::format_to(to, "# calls {}", sums.calls);
    if (source_.is_timed)
        fmt::format_to(to, ", returned {}", sums.returned);
    if (sums.returned > 0)
        fmt::format_to(to, ", average {} {}, longest {} {}, total {} {}", time(sums.sum_ns / sums.returned), unit,
                       time(sums.longest_ns), unit, time(sums.sum_ns), unit);
    if (sums.missed > 0)
        fmt::format_to(to, ", missed returns {}", sums.missed);
    if (sums.ended > 0)
        fmt::format_to(to, ", threads ended inside {}", sums.ended);
    if (sums.unwound > 0)
        fmt::format_to(to, ", unwound {}", sums.unwound);
    if (sums.untimed > 0)
        fmt::format_to(to, ", not timed {}", sums.untimed);
    out.push_back('\n');
}

void LatencyView::put_table(Buffer &out) const
{
    struct Line {
        std::string name;
        const funclat_stats *sums;
    };
    const auto to = std::back_inserter(out);
    const std::string_view unit = options_.unit.name;
    std::vector<Line> lines;
    std::size_t width = 8;
    std::uint64_t calls = 0;

    for (std::size_t i = 0; i < interval_.size(); i++) {
        const funclat_stats &sums = interval_[i];
        if (sums.calls == 0 && sums.returned == 0)
            continue;
        Buffer name;
        append_escaped(name, label(i), Spaces::escape);
        width = std::max(width, width_from(name, 0));
        lines.push_back({fmt::to_string(name), &interval_[i]});
        calls += sums.calls;
    }
    std::ranges::stable_sort(lines, std::ranges::greater{}, [](const Line &l) { return l.sums->calls; });

    fmt::format_to(to, "{} of {} functions", lines.size(), options_.functions.size());
    put_binary(out);
    fmt::format_to(to, "\n{:<{}} {:>10} {:>10}", "FUNCTION", width, "COUNT", "PER-SEC");
    if (source_.is_timed)
        fmt::format_to(to, " {:>14} {:>14} {:>16}", fmt::format("AVERAGE({})", unit), fmt::format("LONGEST({})", unit),
                       fmt::format("TOTAL({})", unit));
    out.push_back('\n');
    for (const auto &[name, stats] : lines) {
        const funclat_stats &sums = *stats;
        fmt::format_to(to, "{:<{}} {:>10} {:>10.1f}", name, width, sums.calls, per(sums.calls, seconds_));
        if (source_.is_timed && sums.returned > 0)
            fmt::format_to(to, " {:>14} {:>14} {:>16}", time(sums.sum_ns / sums.returned), time(sums.longest_ns),
                           time(sums.sum_ns));
        else if (source_.is_timed)
            fmt::format_to(to, " {:>14} {:>14} {:>16}", "-", "-", "-");
        out.push_back('\n');
    }
    fmt::format_to(to, "# total {}, {:.1f} a second\n", calls, per(calls, seconds_));
}

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
        json.value(per(time.ns, static_cast<double>(time.unit_ns)));
}

struct LatencyRow {
    WallTime time;
    double seconds;
    std::string_view function, binary;
    const funclat_stats *sums;
    bool is_timed;
    TimeUnit unit;
    std::optional<std::uint64_t> overhead_ns;

    [[nodiscard]] std::optional<TimeInUnit> in_unit(std::uint64_t ns) const
    {
        return sums->returned > 0 ? std::optional{TimeInUnit{ns, unit.ns}} : std::nullopt;
    }
    [[nodiscard]] std::optional<double> average() const
    {
        const double count = static_cast<double>(sums->returned) * static_cast<double>(unit.ns);
        return sums->returned > 0 ? std::optional{per(sums->sum_ns, count)} : std::nullopt;
    }
};

const Columns<LatencyRow> &latency_columns()
{
    using R = LatencyRow;
    static const Columns<R> all{
        {json_only<R>("event", "Kind of the line.", [](const R &) { return "latency"; }),
         json_only<R>("time", "End of the interval, in UTC.", [](const R &r) { return r.time; }),
         json_only<R>("seconds", "Length of the interval.", [](const R &r) { return r.seconds; }),
         json_only<R>("function", "Name of the function.", [](const R &r) { return r.function; }),
         json_only<R>("binary", "File that has the function; null for the kernel.",
                      [](const R &r) { return r.binary.empty() ? std::nullopt : std::optional{r.binary}; }),
         json_only<R>("count", "Calls that entered the function.",
                      [](const R &r) { return std::uint64_t{r.sums->calls}; }),
         json_only<R>("returned", "Calls that returned and were timed; null if calls are only counted.",
                      [](const R &r) {
                          return r.is_timed && !r.sums->untimed ? std::optional{std::uint64_t{r.sums->returned}}
                                                                : std::nullopt;
                      }),
         json_only<R>("missed", "Calls whose return was missed.",
                      [](const R &r) { return std::uint64_t{r.sums->missed}; }),
         json_only<R>("ended", "Calls whose thread ended inside the function.",
                      [](const R &r) { return std::uint64_t{r.sums->ended}; }),
         json_only<R>("unwound", "Calls that an exception or longjmp() left without a return.",
                      [](const R &r) { return std::uint64_t{r.sums->unwound}; }),
         json_only<R>("unit", "Unit of sum, avg, max and slots: ns, us or ms.", [](const R &r) { return r.unit.name; }),
         json_only<R>("sum", "Total time of the calls that returned; null if there was none.",
                      [](const R &r) { return r.in_unit(r.sums->sum_ns); }),
         json_only<R>("avg", "Mean time of a call; null if there was none.", [](const R &r) { return r.average(); }),
         json_only<R>("max", "Time of the longest call; null if there was none.",
                      [](const R &r) { return r.in_unit(r.sums->longest_ns); }),
         json_only<R>("overhead_ns",
                      "Nanoseconds taken off the time of each call, for the probes; null if they are in it.",
                      [](const R &r) { return r.overhead_ns; }),
         json_only<R>("slots", "Histogram of the times, with power-of-two slots.",
                      [](const R &r) { return used_slots(r.sums->slots); })}};
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
    return json_schema("funclat",
                       {{"latency", "Calls of one function, at each interval.", latency_columns().keys()}, accounting});
}

void LatencyView::put_json(Buffer &out) const
{
    const WallTime now{kernel::clock_ns(CLOCK_REALTIME)};
    const bool is_one = interval_.size() == 1;

    for (std::size_t i = 0; i < interval_.size(); i++) {
        const funclat_stats &sums = interval_[i];
        if (is_one || has_counts(sums))
            latency_columns().put_json_row(
                out, {now, seconds_, options_.functions[i], options_.binaries[i], &sums, source_.is_timed,
                      options_.unit, i < source_.overhead_ns.size() ? source_.overhead_ns[i] : std::nullopt});
    }
}

} // namespace snoop::funclat
