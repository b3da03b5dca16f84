// SPDX-License-Identifier: BSD-2-Clause
// The output of a CountView: a block of text with a table, or JSON.
#include "count/count_view.hpp"
#include "kernel/system.hpp"
#include "table/bar.hpp"
#include "table/grid.hpp"
#include "table/times.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>

namespace snoop {
namespace {

constexpr std::size_t bar_columns = 20;    // unless stdout is a terminal
constexpr std::size_t number_columns = 10; // of a count or a rate, at least
constexpr std::size_t share_columns = 6;

// A cell of a key, escaped so that it cannot forge a column or a line; if it is too long, its
// end.
std::string key_cell(std::string_view bytes, std::size_t max)
{
    Buffer text;

    append_escaped(text, bytes, Spaces::escape);
    std::string cell = fmt::to_string(text);
    if (width_from(text, 0) > max && cell.size() > max)
        cell = "..." + cell.substr(cell.size() - std::max<std::size_t>(max, 4) + 3);
    return cell;
}

std::int64_t wall_ns() { return kernel::clock_ns(CLOCK_REALTIME); }

} // namespace

std::string_view CountView::order_name() const
{
    switch (order_.by) {
    case SortOrder::rate: return "rate";
    case SortOrder::key: return "key";
    default: return options_.measures[order_.measure].name;
    }
}

double CountView::per_second(std::uint64_t count) const
{
    return seconds_ > 0 ? static_cast<double>(count) / seconds_ : 0.0;
}

// Lines that begin with "# " describe the block; no key begins with "# ", since its spaces
// are escaped.
void CountView::put_block(Buffer &out, std::size_t most, std::optional<std::size_t> width)
{
    const auto to = std::back_inserter(out);
    const auto shown = rows(most);
    const std::size_t hidden = table_.sorted(order_).size() - shown.size();
    const std::size_t max_key_columns = width ? std::max<std::size_t>(*width / 2, 16) : 4096;
    Grid grid;

    for (const auto title : keys_.titles())
        grid.add_column(title, Align::left);
    for (const Measure &measure : options_.measures) {
        if (!measure.title.empty())
            grid.add_column(measure.title, Align::right, number_columns);
        if (!measure.rate_title.empty())
            grid.add_column(measure.rate_title, Align::right, number_columns);
    }
    grid.add_column("SHARE", Align::right, share_columns);
    double largest = 0;
    for (const CountRow &row : shown) {
        std::vector<std::string> cells;
        for (const std::string &cell : keys_.cells(row.key))
            cells.push_back(key_cell(cell, max_key_columns));
        cells.resize(keys_.titles().size());
        for (std::size_t i = 0; i < options_.measures.size(); i++) {
            if (!options_.measures[i].title.empty())
                cells.push_back(fmt::to_string(row.of(i).count));
            if (!options_.measures[i].rate_title.empty())
                cells.push_back(fmt::format("{:.1f}", row.of(i).rate));
        }
        cells.push_back(fmt::format("{:.1f}%", row.share * 100));
        grid.add_row(std::move(cells));
        largest = std::max(largest, row.share);
    }
    const std::size_t used = grid.width();
    const Bars bars = bars_of_locale();
    const std::size_t bar = width ? (*width > used ? *width - used : 0) : bar_columns;

    append(out, "# ");
    put_text(out, WallTime{wall_ns()}, Spaces::keep);
    fmt::format_to(to, ", {:.1f} s, by {}", seconds_, order_name());
    if (const std::string about = keys_.about(); !about.empty())
        fmt::format_to(to, ", {}", about);
    out.push_back('\n');
    grid.put_titles(out);
    append(out, "BAR\n");
    for (std::size_t row = 0; row < shown.size(); row++) {
        grid.put_row(out, row);
        const double part = largest > 0 ? shown[row].share / largest : 0;
        append_bar(out, part * static_cast<double>(bar), '#', bars);
        out.push_back('\n');
    }
    put_total(out);
    if (hidden > 0)
        fmt::format_to(to, "# {} more keys\n", hidden);
    if (const std::uint64_t other = other_[0].sum - other_[0].cleared; other > 0)
        fmt::format_to(to, "# other {}: {}{}{}\n", other, unnamed_ < other ? "--max-keys was reached" : "",
                       unnamed_ > 0 && unnamed_ < other ? ", and " : "",
                       unnamed_ > 0 ? "the buffer had no room for names: raise --ring-size" : "");
    if (!width)
        out.push_back('\n');
}

void CountView::put_total(Buffer &out) const
{
    const auto to = std::back_inserter(out);
    const CountRow total = table_.total();

    append(out, "# total ");
    for (std::size_t i = 0; i < options_.measures.size(); i++) {
        const Measure &measure = options_.measures[i];
        if (measure.title.empty())
            continue;
        if (i > 0)
            fmt::format_to(to, ", {} ", measure.name);
        fmt::format_to(to, "{}", total.of(i).count + other_[i].sum - other_[i].cleared);
        if (!measure.rate_title.empty())
            fmt::format_to(to, ", {:.1f} a second", per_second(total.of(i).delta + other_[i].delta));
    }
    out.push_back('\n');
}

namespace {

const Columns<WallTime> head_columns{
    {json_only<WallTime>("event", "Kind of the line.", [](const WallTime &) { return "count"; }),
     json_only<WallTime>("time", "When the counters were read, in UTC.", [](const WallTime &now) { return now; })}};

Columns<MeasureValues> value_columns(const Measure &measure)
{
    using V = MeasureValues;
    return Columns<V>{
        {json_only<V>(measure.name, "Sum since the start.", [](const V &v) { return v.count; }),
         json_only<V>(measure.delta_key, "Growth in the last interval.", [](const V &v) { return v.delta; }),
         json_only<V>(measure.rate_key, "Growth per second in the last interval.", [](const V &v) { return v.rate; })}};
}

const Columns<bool> tail_columns{
    {json_only<bool>("other", "Whether this line is the sum of all keys for which there was no room.",
                     [](const bool &is) { return is; })}};

} // namespace

std::vector<JsonKey> count_keys(const std::vector<JsonKey> &key_columns, const Measures &measures)
{
    std::vector<JsonKey> all = head_columns.keys();
    const auto add = [&all](const std::vector<JsonKey> &more) { all.insert(all.end(), more.begin(), more.end()); };

    add(key_columns);
    for (const Measure &measure : measures)
        add(value_columns(measure).keys());
    add(tail_columns.keys());
    return all;
}

void CountView::put_json(Buffer &out)
{
    const WallTime now{wall_ns()};
    std::vector<Columns<MeasureValues>> columns;
    for (const Measure &measure : options_.measures)
        columns.push_back(value_columns(measure));
    const auto put = [&](std::string_view key, auto figures) {
        JsonWriter json{out};
        json.begin_object();
        head_columns.put_members(json, now);
        keys_.put_json(json, key);
        for (std::size_t i = 0; i < columns.size(); i++) {
            const auto [count, delta] = figures(i);
            columns[i].put_members(json, {count, delta, per_second(delta)});
        }
        tail_columns.put_members(json, key.empty());
        json.end_object();
        out.push_back('\n');
    };

    for (const CountRow &row : rows(std::numeric_limits<std::size_t>::max()))
        put(row.key, [&](std::size_t i) { return std::pair{row.of(i).count, row.of(i).delta}; });
    if (other_[0].sum > 0)
        put({}, [&](std::size_t i) { return std::pair{other_[i].sum, other_[i].delta}; });
}

} // namespace snoop
