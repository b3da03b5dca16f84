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

MeasureValues CountTable::figures(const Counter &counter) const
{
    return {counter.sum - counter.cleared, counter.delta,
            seconds_ > 0 ? static_cast<double>(counter.delta) / seconds_ : 0};
}

std::vector<CountRow> CountTable::sorted(SortOrder order) const
{
    const double all = static_cast<double>(total().of(order.measure).count);
    std::vector<CountRow> counts;

    for (const auto &[key, counters] : counters_) {
        CountRow count{figures(counters[0]), key, 0, {}};
        if (count.count == 0)
            continue;
        for (std::size_t i = 1; i < measures_; i++)
            count.more.push_back(figures(counters[i]));
        if (all > 0)
            count.share = static_cast<double>(count.of(order.measure).count) / all;
        counts.push_back(std::move(count));
    }
    // The map is sorted by key; among equals that order stays.
    const auto value = [order](const CountRow &c) {
        const MeasureValues &of = c.of(order.measure);
        return order.by == SortOrder::count ? of.count : of.delta;
    };
    if (order.by != SortOrder::key)
        std::stable_sort(counts.begin(), counts.end(),
                         [&](const CountRow &a, const CountRow &b) { return value(a) > value(b); });
    return counts;
}

CountRow CountTable::total() const
{
    std::vector<Counter> all(measures_);

    for (const auto &[key, counters] : counters_)
        for (std::size_t i = 0; i < measures_; i++) {
            all[i].sum += counters[i].sum - counters[i].cleared;
            all[i].delta += counters[i].delta;
        }
    CountRow count{figures(all[0]), {}, 1, {}};
    for (std::size_t i = 1; i < measures_; i++)
        count.more.push_back(figures(all[i]));
    return count;
}

std::uint64_t CountTable::sum(std::size_t measure) const
{
    std::uint64_t all = 0;

    for (const auto &[key, counters] : counters_)
        all += counters[measure].sum;
    return all;
}

} // namespace snoop
