// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/prometheus_families.hpp"

#ifdef SNOOP_PROMETHEUS
#include <cstdint>
#include <limits>
#include <utility>

namespace snoop::snoop_export {
namespace {

prometheus::ClientMetric::Histogram histogram_of(const MetricSample &sample)
{
    prometheus::ClientMetric::Histogram histogram;
    const auto count = static_cast<std::uint64_t>(sample.value);

    histogram.sample_count = count;
    histogram.sample_sum = sample.sum;
    for (const auto &[upper, below] : sample.buckets) {
        prometheus::ClientMetric::Bucket bucket;
        bucket.upper_bound = upper;
        bucket.cumulative_count = static_cast<std::uint64_t>(below);
        histogram.bucket.push_back(bucket);
    }
    prometheus::ClientMetric::Bucket all;
    all.upper_bound = std::numeric_limits<double>::infinity();
    all.cumulative_count = count;
    histogram.bucket.push_back(all);
    return histogram;
}

prometheus::ClientMetric metric_of(MetricKind kind, const MetricSample &sample)
{
    prometheus::ClientMetric metric;

    for (const auto &[name, value] : sample.labels) {
        prometheus::ClientMetric::Label label;
        label.name = name;
        label.value = value;
        metric.label.push_back(std::move(label));
    }
    switch (kind) {
    case MetricKind::counter: metric.counter.value = sample.value; break;
    case MetricKind::gauge: metric.gauge.value = sample.value; break;
    case MetricKind::histogram: metric.histogram = histogram_of(sample); break;
    }
    return metric;
}

prometheus::MetricType type_of(MetricKind kind)
{
    switch (kind) {
    case MetricKind::gauge: return prometheus::MetricType::Gauge;
    case MetricKind::histogram: return prometheus::MetricType::Histogram;
    default: return prometheus::MetricType::Counter;
    }
}

} // namespace

std::vector<prometheus::MetricFamily> prometheus_families(const MetricSet &metrics)
{
    std::vector<prometheus::MetricFamily> families;

    for (const MetricFamily &from : metrics.families()) {
        prometheus::MetricFamily family;
        family.name = from.name;
        family.help = from.help;
        family.type = type_of(from.kind);
        for (const MetricSample &sample : from.samples)
            family.metric.push_back(metric_of(from.kind, sample));
        families.push_back(std::move(family));
    }
    return families;
}

} // namespace snoop::snoop_export
#endif
