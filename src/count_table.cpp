// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/count_table.hpp>

#include <algorithm>

namespace snoop {

void CountTable::set(std::string_view key, std::uint64_t sum)
{
    auto at = counters_.find(key);

    if (at == counters_.end())
        at = counters_.emplace(key, Counter{}).first;
    at->second.sum = std::max(at->second.sum, sum);
}

void CountTable::end_interval(double seconds)
{
    seconds_ = seconds;
    for (auto &[key, counter] : counters_) {
        counter.delta = counter.sum - counter.before;
        counter.before = counter.sum;
    }
}

void CountTable::clear()
{
    for (auto &[key, counter] : counters_) {
        counter.cleared = counter.sum;
        counter.delta = 0;
    }
}

std::vector<Count> CountTable::sorted(Order order) const
{
    const Count all = total();
    std::vector<Count> counts;

    for (const auto &[key, counter] : counters_) {
        const std::uint64_t count = counter.sum - counter.cleared;
        if (count > 0)
            counts.push_back({key, count, counter.delta,
                              seconds_ > 0 ? static_cast<double>(counter.delta) / seconds_ : 0,
                              static_cast<double>(count) / static_cast<double>(all.count)});
    }
    // The map is sorted by key; among equals that order stays.
    const auto value = [order](const Count &c) { return order == Order::count ? c.count : c.delta; };
    if (order != Order::key)
        std::stable_sort(counts.begin(), counts.end(),
                         [&](const Count &a, const Count &b) { return value(a) > value(b); });
    return counts;
}

Count CountTable::total() const
{
    Count all{{}, 0, 0, 0, 1};

    for (const auto &[key, counter] : counters_) {
        all.count += counter.sum - counter.cleared;
        all.delta += counter.delta;
    }
    all.rate = seconds_ > 0 ? static_cast<double>(all.delta) / seconds_ : 0;
    return all;
}

std::uint64_t CountTable::sum() const
{
    std::uint64_t all = 0;

    for (const auto &[key, counter] : counters_)
        all += counter.sum;
    return all;
}

} // namespace snoop
