// SPDX-License-Identifier: BSD-2-Clause
// Prints an interval of LatencyView as text.
#include "funclat/histogram.hpp"
#include "funclat/latency_format.hpp"
#include "funclat/latency_view.hpp"
#include "kernel/system.hpp"
#include "table/times.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/ranges.h>
#include <iterator>

namespace snoop::funclat {
void LatencyView::show()
{
    Buffer &out = output_.buffer();
    const bool in_blocks = options_.histograms || (options_.functions.size() == 1 && !options_.by);

    shown_ = true;
    std::ranges::stable_sort(rows_, std::ranges::greater{}, [](const LatencyRow &row) { return row.stats.calls; });
    if (tracer_.options().format == Format::json) {
        put_json(out);
    } else if (in_blocks) {
        for (const LatencyRow &row : rows_)
            if (rows_.size() == 1 || has_counts(row.stats))
                put_row(out, row);
    } else {
        put_table(out);
    }
    output_.flush();
    if (source_.slow_calls)
        source_.slow_calls->begin_block();
}

void LatencyView::put_heading(Buffer &out) const
{
    append(out, "# ");
    put_text(out, WallTime{kernel::clock_ns(CLOCK_REALTIME)}, Spaces::keep);
    fmt::format_to(std::back_inserter(out), ", {:.1f} s, ", seconds_);
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

const std::vector<std::string> &LatencyView::aliases_of(std::size_t function) const
{
    static const std::vector<std::string> none;

    return function < options_.aliases.size() ? options_.aliases[function] : none;
}

// A line with the other names of its code, whose calls are counted, too.
void LatencyView::put_aliases(Buffer &out, std::size_t function) const
{
    const std::vector<std::string> &aliases = aliases_of(function);

    if (aliases.empty())
        return;
    append(out, "# ");
    append_escaped(out, label(function));
    append(out, " is also ");
    append_escaped(out, fmt::format("{}", fmt::join(aliases, ", ")));
    out.push_back('\n');
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

void LatencyView::put_row(Buffer &out, const LatencyRow &row) const
{
    const auto to = std::back_inserter(out);
    const std::string_view unit = options_.unit.name;
    const funclat_stats &sums = row.stats;

    put_heading(out);
    append_escaped(out, label(row.function));
    put_binary(out);
    if (row.is_other())
        append(out, ", other callers");
    else if (row.caller)
        fmt::format_to(to, ", {}{}{}", row.caller->pid ? fmt::format("process {} ", *row.caller->pid) : "",
                       row.caller->tid ? fmt::format("thread {} ", *row.caller->tid) : "", escaped(*row.caller->comm));
    out.push_back('\n');
    put_aliases(out, row.function);
    put_histogram(out, row.slots.powers_of_two(options_.unit), unit, bars_of_locale());
    fmt::format_to(to, "# calls {}", sums.calls);
    if (source_.is_timed)
        fmt::format_to(to, ", returned {}", sums.returned);
    if (sums.returned > 0)
        fmt::format_to(to, ", average {} {}, longest {} {}, total {} {}", time(sums.sum_ns / sums.returned), unit,
                       row.is_other() ? "-" : time(sums.longest_ns), unit, time(sums.sum_ns), unit);
    if (sums.missed > 0)
        fmt::format_to(to, ", missed returns {}", sums.missed);
    if (sums.ended > 0)
        fmt::format_to(to, ", threads ended inside {}", sums.ended);
    if (sums.unwound > 0)
        fmt::format_to(to, ", unwound {}", sums.unwound);
    if (sums.untimed > 0)
        fmt::format_to(to, ", not timed {}", sums.untimed);
    out.push_back('\n');
    put_percentiles(out, row);
    out.push_back('\n');
}

void LatencyView::put_percentiles(Buffer &out, const LatencyRow &row) const
{
    if (!row.has_percentiles())
        return;
    for (const unsigned percent : percents)
        fmt::format_to(std::back_inserter(out), "{}p{} {} {}", percent == percents.front() ? "# " : ", ", percent,
                       time(row.slots.percentile_ns(percent, options_.unit, row.stats.longest_ns)), options_.unit.name);
    out.push_back('\n');
}

} // namespace snoop::funclat
