// SPDX-License-Identifier: BSD-2-Clause
// The metrics of a CountView.
#include "count/count_view.hpp"
#include "libbpf/program_metrics.hpp"

namespace snoop {

void CountView::add_metrics(MetricSet &to)
{
    const auto add = [&](std::string_view key, const std::vector<std::uint64_t> &sums) {
        for (std::size_t i = 0; i < sums.size(); i++)
            if (const Measure &measure = options_.measures[i]; !measure.metric.empty())
                to.counter(measure.metric, measure.metric_help).add(keys_.labels(key), static_cast<double>(sums[i]));
    };
    // Before the map of counts, which then has what they have.
    const EventCounters counters = read_counters(object_);

    snapshot();
    table_.for_each(add);
    std::vector<std::uint64_t> others;
    for (const Other &other : other_)
        others.push_back(other.sum);
    add({}, others);
    add_accounting_metrics(
        to, count_accounting(tracer_.info().name, counters, table_.sum(), others[0], options_.has_calls));
}

} // namespace snoop
