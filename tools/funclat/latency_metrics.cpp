// SPDX-License-Identifier: BSD-2-Clause
// The metrics of funclat: what its programs have counted since they were attached, whatever the interval.
#include "funclat/latency_view.hpp"
#include "libbpf/per_cpu.hpp"
#include "libbpf/program_metrics.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <utility>

namespace snoop::funclat {
namespace {

// Limits of buckets: these powers of two of the unit, or of its part that slots count in.
constexpr unsigned first_power = 8, last_power = 35;

constexpr std::uint32_t banks = 2; // for even intervals, and for odd ones

SlotCounts slots_in(const std::vector<std::uint64_t> &sums)
{
    SlotCounts slots;

    for (std::uint32_t slot = 0; slot < sums.size(); slot++)
        slots.add(slot, sums[slot]);
    return slots;
}

} // namespace

funclat_stats LatencyView::sums_of(std::uint32_t function) const
{
    funclat_stats sums{};

    for (std::uint32_t bank = 0; bank < banks; bank++)
        for (const auto &one : read_per_cpu<funclat_stats>(source_.stats, function * banks + bank))
            for_each_counter(sums, one, [](auto &to, auto from) { to += from; });
    if (unfinished_) {
        const UnfinishedCalls::Counts more = unfinished_->of(function);
        sums.unwound += more.unwound;
        sums.ended += more.ended;
    }
    return sums;
}

// By function.
std::vector<SlotCounts> LatencyView::slots_of_all() const
{
    const std::size_t functions = options_.functions.size();
    std::vector<std::vector<std::uint64_t>> sums(functions, std::vector<std::uint64_t>(FUNCLAT_SLOTS));
    std::vector<SlotCounts> all;

    for (std::uint32_t i = 0; source_.slots && i < functions * banks; i++)
        for (const auto &one : read_per_cpu<funclat_slots>(source_.slots, i))
            std::ranges::transform(sums[i / banks], one.counts, sums[i / banks].begin(), std::plus{});
    if (!source_.slots && source_.sparse_slots)
        CounterMap{source_.sparse_slots, source_.reads}.read(
            [&](std::span<const std::byte> bytes, std::span<const std::uint64_t> counts) {
                funclat_key key{};
                std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
                std::uint64_t &sum = sums.at(key.function).at(key.slot);
                sum = std::max(sum, counts[0] + counts[1]); // a key can come twice
            });
    std::ranges::transform(sums, std::back_inserter(all), slots_in);
    return all;
}

// A binary by its name, not its path.
MetricLabels LatencyView::labels_of(std::uint32_t function) const
{
    const std::string &binary = options_.binaries.at(function);

    return {{"function", options_.functions.at(function)},
            {"binary", binary.empty() ? "kernel" : binary.substr(binary.rfind('/') + 1)}};
}

void LatencyView::add_metrics(MetricSet &to)
{
    const EventCounters counters = event_counters();
    const std::vector<SlotCounts> slots = source_.is_timed ? slots_of_all() : std::vector<SlotCounts>{};
    funclat_stats all{};

    for (std::uint32_t i = 0; i < options_.functions.size(); i++) {
        const funclat_stats sums = sums_of(i);
        for_each_counter(all, sums, [](auto &sum, auto from) { sum += from; });
        if (!source_.is_timed) {
            to.counter("snoop_function_calls_total", "Calls of a function.")
                .add(labels_of(i), static_cast<double>(sums.calls));
            continue;
        }
        MetricSample sample{labels_of(i), static_cast<double>(std::max<std::uint64_t>(sums.returned, slots[i].total())),
                            static_cast<double>(sums.sum_ns) / 1e9};
        for (unsigned power = first_power; power <= last_power; power++)
            sample.buckets.push_back({options_.unit.seconds_of(power), static_cast<double>(slots[i].below(power))});
        to.histogram("snoop_function_duration_seconds", "Times of calls of a function that returned.")
            .samples.push_back(std::move(sample));
    }
    add_accounting_metrics(to, accounting(counters, all));
}

} // namespace snoop::funclat
