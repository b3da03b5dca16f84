// SPDX-License-Identifier: BSD-2-Clause
// Prints an interval of LatencyView as a table, with a row for each function or caller.
#include "base/terminal.hpp"
#include "funclat/latency_format.hpp"
#include "funclat/latency_view.hpp"
#include "table/grid.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <iterator>
#include <optional>
#include <set>

namespace snoop::funclat {
namespace {

std::string or_dash(const std::optional<std::uint32_t> &number) { return number ? fmt::to_string(*number) : "-"; }

} // namespace

// The cells of a row of the table, in the order of its columns.
std::vector<std::string> LatencyView::cells(const LatencyRow &row) const
{
    const funclat_stats &sums = row.stats;
    const bool has_times = sums.returned > 0;
    std::vector<std::string> all;

    if (row.caller) {
        if (options_.by != FUNCLAT_BY_COMM)
            all.push_back(or_dash(row.caller->pid));
        if (options_.by == FUNCLAT_BY_THREAD)
            all.push_back(or_dash(row.caller->tid));
        all.push_back(row.is_other() ? "other" : escaped(*row.caller->comm));
    }
    if (!row.caller || options_.functions.size() > 1)
        all.push_back(escaped(label(row.function)));
    all.push_back(fmt::to_string(sums.calls));
    all.push_back(fmt::format("{:.1f}", per(sums.calls, seconds_)));
    if (!source_.is_timed)
        return all;
    all.push_back(has_times ? time(sums.sum_ns / sums.returned) : "-");
    all.push_back(has_times && !row.is_other() ? time(sums.longest_ns) : "-");
    all.push_back(has_times ? time(sums.sum_ns) : "-");
    for (const unsigned percent : percents)
        all.push_back(row.has_percentiles() ? time(row.slots.percentile_ns(percent, options_.unit, sums.longest_ns))
                                            : "-");
    return all;
}

// The columns of the table, in their order.
std::vector<LatencyView::TableColumn> LatencyView::table_columns() const
{
    const auto with_unit = [this](std::string_view title) { return fmt::format("{}({})", title, options_.unit.name); };
    std::vector<TableColumn> all;

    if (options_.by == FUNCLAT_BY_PROCESS || options_.by == FUNCLAT_BY_THREAD)
        all.push_back({"PID", Align::left, 7});
    if (options_.by == FUNCLAT_BY_THREAD)
        all.push_back({"TID", Align::left, 7});
    if (options_.by)
        all.push_back({"COMM", Align::left});
    if (!options_.by || options_.functions.size() > 1)
        all.push_back({"FUNCTION", Align::left});
    all.push_back({"COUNT", Align::right, 7});
    all.push_back({"PER-SEC", Align::right});
    if (!source_.is_timed)
        return all;
    for (const std::string_view title : {"AVERAGE", "LONGEST", "TOTAL"})
        all.push_back({with_unit(title), Align::right});
    for (const unsigned percent : percents)
        all.push_back({fmt::format("P{}", percent), Align::right});
    return all;
}

// On a terminal that is too narrow, columns are left out that matter less or follow from others, and the names of
// functions are cut. Returns the titles of those columns.
std::vector<std::string> LatencyView::fit_terminal(Grid &grid, const std::vector<TableColumn> &columns) const
{
    constexpr std::size_t least_name = 12;
    const std::optional<std::size_t> terminal = terminal_columns(output_.fd());
    std::vector<std::string> left_out;

    const auto is_too_wide = [&] { return terminal && grid.width() - 1 > *terminal; };
    for (const std::string_view title : {"PER-SEC", "TOTAL", "P90", "P50", "AVERAGE"})
        for (std::size_t i = 0; i < columns.size() && is_too_wide(); i++)
            if (columns[i].title.starts_with(title)) {
                grid.hide(i);
                left_out.push_back(columns[i].title);
            }
    for (std::size_t i = 0; i < columns.size() && is_too_wide(); i++)
        if (columns[i].title == "FUNCTION") {
            const std::size_t excess = grid.width() - 1 - *terminal, width = grid.width_of(i);
            grid.shorten(i, std::max(width - std::min(width, excess), least_name));
        }
    return left_out;
}

void LatencyView::put_table(Buffer &out) const
{
    const auto to = std::back_inserter(out);
    const std::vector<TableColumn> columns = table_columns();
    Grid grid;
    std::uint64_t calls = 0;
    std::size_t rows = 0;
    std::set<std::size_t> functions;

    for (const TableColumn &column : columns)
        grid.add_column(column.title, column.how, column.min_width);
    for (const LatencyRow &row : rows_)
        if (row.stats.calls > 0 || row.stats.returned > 0) {
            grid.add_row(cells(row));
            functions.insert(row.function);
            calls += row.stats.calls;
            rows++;
        }

    const std::vector<std::string> left_out = fit_terminal(grid, columns);
    put_heading(out);
    if (options_.by && options_.functions.size() == 1)
        append_escaped(out, options_.functions.front());
    else if (options_.by)
        fmt::format_to(to, "{} functions", options_.functions.size());
    else
        fmt::format_to(to, "{} of {} functions", rows, options_.functions.size());
    put_binary(out);
    out.push_back('\n');
    grid.put_titles(out);
    out[out.size() - 1] = '\n';
    for (std::size_t i = 0; i < rows; i++) {
        grid.put_row(out, i);
        out[out.size() - 1] = '\n';
    }
    for (const std::size_t function : functions)
        put_aliases(out, function);
    if (!left_out.empty())
        fmt::format_to(to, "# the terminal is too narrow for {}\n", fmt::join(left_out, ", "));
    fmt::format_to(to, "# total {}, {:.1f} a second\n\n", calls, per(calls, seconds_));
}

} // namespace snoop::funclat
