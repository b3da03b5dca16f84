// SPDX-License-Identifier: BSD-2-Clause
#include "count/count_table.hpp"

#include <algorithm>

namespace snoop {

void CountTable::set(std::string_view key, std::span<const std::uint64_t> sums)
{
    auto at = counters_.find(key);

    if (at == counters_.end())
        at = counters_.emplace(key, std::vector<Counter>(measures_)).first;
    for (std::size_t i = 0; i < measures_; i++)
        at->second[i].sum = std::max(at->second[i].sum, sums[i]);
}

void CountTable::end_interval(double seconds)
{
    seconds_ = seconds;
    for (auto &[key, counters] : counters_)
        for (Counter &counter : counters) {
            counter.delta = counter.sum - counter.before;
            counter.before = counter.sum;
        }
}

void CountTable::clear()
{
    for (auto &[key, counters] : counters_)
        for (Counter &counter : counters) {
            counter.cleared = counter.sum;
            counter.delta = 0;
        }
}

MeasureValues CountTable::values_of(const Counter &counter) const
{
    return {counter.sum - counter.cleared, counter.delta,
            seconds_ > 0 ? static_cast<double>(counter.delta) / seconds_ : 0};
}

std::vector<CountRow> CountTable::sorted(SortOrder order) const
{
    const double all = static_cast<double>(total().of(order.measure).count);
    std::vector<CountRow> rows;

    for (const auto &[key, counters] : counters_) {
        CountRow row{values_of(counters[0]), key, 0, {}};
        if (row.count == 0)
            continue;
        for (std::size_t i = 1; i < measures_; i++)
            row.more.push_back(values_of(counters[i]));
        if (all > 0)
            row.share = static_cast<double>(row.of(order.measure).count) / all;
        rows.push_back(std::move(row));
    }
    // The map is sorted by key; a stable sort keeps that order among equal values.
    const auto value = [order](const CountRow &row) {
        const MeasureValues &values = row.of(order.measure);
        return order.by == SortOrder::count ? values.count : values.delta;
    };
    if (order.by != SortOrder::key)
        std::stable_sort(rows.begin(), rows.end(),
                         [&](const CountRow &a, const CountRow &b) { return value(a) > value(b); });
    return rows;
}

CountRow CountTable::total() const
{
    std::vector<Counter> all(measures_);

    for (const auto &[key, counters] : counters_)
        for (std::size_t i = 0; i < measures_; i++) {
            all[i].sum += counters[i].sum - counters[i].cleared;
            all[i].delta += counters[i].delta;
        }
    CountRow row{values_of(all[0]), {}, 1, {}};
    for (std::size_t i = 1; i < measures_; i++)
        row.more.push_back(values_of(all[i]));
    return row;
}

std::uint64_t CountTable::sum(std::size_t measure) const
{
    std::uint64_t all = 0;

    for (const auto &[key, counters] : counters_)
        all += counters[measure].sum;
    return all;
}

} // namespace snoop
