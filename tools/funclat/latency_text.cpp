// SPDX-License-Identifier: BSD-2-Clause
// What LatencyView shows of an interval.
#include "funclat/histogram.hpp"
#include "funclat/latency_view.hpp"
#include "kernel/features.hpp"
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

void LatencyView::put_one(Buffer &out, const funclat_stats &sums) const
{
    const auto to = std::back_inserter(out);
    const std::string_view unit = options_.unit.name;

    append_escaped(out, options_.functions.front());
    if (!options_.binary.empty()) {
        append(out, " in ");
        append_escaped(out, options_.binary);
    }
    out.push_back('\n');
    put_histogram(out, sums.slots, unit);
    fmt::format_to(to, "# calls {}", sums.calls);
    if (source_.calls)
        fmt::format_to(to, ", returned {}", sums.returned);
    if (sums.returned > 0)
        fmt::format_to(to, ", average {} {}, longest {} {}, total {} {}", time(sums.sum_ns / sums.returned), unit,
                       time(sums.longest_ns), unit, time(sums.sum_ns), unit);
    if (sums.missed > 0)
        fmt::format_to(to, ", missed returns {}", sums.missed);
    if (sums.ended > 0)
        fmt::format_to(to, ", threads ended inside {}", sums.ended);
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
        append_escaped(name, options_.functions[i], Spaces::escape);
        width = std::max(width, width_from(name, 0));
        lines.push_back({fmt::to_string(name), &interval_[i]});
        calls += sums.calls;
    }
    std::ranges::stable_sort(lines, std::ranges::greater{}, [](const Line &l) { return l.sums->calls; });

    fmt::format_to(to, "{} of {} functions", lines.size(), options_.functions.size());
    if (!options_.binary.empty()) {
        append(out, " in ");
        append_escaped(out, options_.binary);
    }
    fmt::format_to(to, "\n{:<{}} {:>10} {:>10}", "FUNCTION", width, "COUNT", "PER-SEC");
    if (source_.calls)
        fmt::format_to(to, " {:>14} {:>14} {:>16}", fmt::format("AVERAGE({})", unit), fmt::format("LONGEST({})", unit),
                       fmt::format("TOTAL({})", unit));
    out.push_back('\n');
    for (const auto &[name, stats] : lines) {
        const funclat_stats &sums = *stats;
        fmt::format_to(to, "{:<{}} {:>10} {:>10.1f}", name, width, sums.calls, per(sums.calls, seconds_));
        if (source_.calls && sums.returned > 0)
            fmt::format_to(to, " {:>14} {:>14} {:>16}", time(sums.sum_ns / sums.returned), time(sums.longest_ns),
                           time(sums.sum_ns));
        else if (source_.calls)
            fmt::format_to(to, " {:>14} {:>14} {:>16}", "-", "-", "-");
        out.push_back('\n');
    }
    fmt::format_to(to, "# total {}, {:.1f} a second\n", calls, per(calls, seconds_));
}

void LatencyView::put_json(Buffer &out) const
{
    const WallTime now{kernel::clock_ns(CLOCK_REALTIME)};
    const bool is_one = interval_.size() == 1;

    for (std::size_t i = 0; i < interval_.size(); i++) {
        const funclat_stats &sums = interval_[i];
        if (!is_one && sums.calls == 0 && sums.returned == 0 && sums.missed == 0 && sums.ended == 0)
            continue;
        JsonWriter json{out};
        const auto put_time = [&](std::string_view key, std::uint64_t ns) {
            json.key(key);
            if (options_.unit.ns == 1)
                json.value(ns);
            else
                json.value(per(ns, static_cast<double>(options_.unit.ns)));
        };
        json.begin_object().key("event").value("latency").key("time");
        snoop::put_json(json, now);
        json.key("seconds").value(seconds_).key("function").value(options_.functions[i]).key("binary");
        json.value(options_.binary.empty() ? std::nullopt : std::optional<std::string_view>{options_.binary});
        json.key("count").value(std::uint64_t{sums.calls});
        json.key("returned").value(source_.calls ? std::optional{std::uint64_t{sums.returned}} : std::nullopt);
        json.key("missed").value(std::uint64_t{sums.missed}).key("ended").value(std::uint64_t{sums.ended});
        json.key("unit").value(options_.unit.name);
        if (sums.returned > 0) {
            const double unit_ns = static_cast<double>(options_.unit.ns);
            put_time("sum", sums.sum_ns);
            json.key("avg").value(per(sums.sum_ns, static_cast<double>(sums.returned) * unit_ns));
            put_time("max", sums.longest_ns);
        } else {
            json.key("sum").value(nullptr).key("avg").value(nullptr).key("max").value(nullptr);
        }
        json.key("slots");
        put_json_slots(json, sums.slots);
        json.end_object();
        out.push_back('\n');
    }
}

} // namespace snoop::funclat
