// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/metric_limits.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace snoop::snoop_export {
namespace {

// No text in it has a tab: tools escape labels.
std::string key_of(const std::string &family, const MetricLabels &labels)
{
    std::string key = family;

    for (const auto &[name, value] : labels)
        key.append("\t").append(name).append("\t").append(value);
    return key;
}

void add(MetricSample &to, const MetricSample &more)
{
    to.value += more.value;
    to.sum += more.sum;
    for (std::size_t i = 0; i < std::min(to.buckets.size(), more.buckets.size()); i++)
        to.buckets[i].count += more.buckets[i].count;
}

} // namespace

void MetricLimits::apply(MetricSet &metrics)
{
    for (MetricFamily &family : metrics.families()) {
        std::ranges::stable_sort(family.samples, std::greater{}, &MetricSample::value);
        for (MetricSample &sample : family.samples)
            limit(family.name, sample.labels);
        merge(family);
        if (family.kind != MetricKind::gauge)
            keep_growing(family);
    }
}

void MetricLimits::limit(const std::string &family, MetricLabels &labels)
{
    for (auto &[name, value] : labels) {
        std::set<std::string> &known = values_[key_of(family, {{name, ""}})];
        if (value == other_label || known.contains(value))
            continue;
        if (known.size() < most_values)
            known.insert(value);
        else
            value = other_label;
    }
}

void MetricLimits::merge(MetricFamily &family)
{
    std::map<std::string, std::size_t> found;
    std::vector<MetricSample> samples;

    for (MetricSample &sample : family.samples) {
        const auto [at, is_new] = found.try_emplace(key_of(family.name, sample.labels), samples.size());
        if (is_new)
            samples.push_back(std::move(sample));
        else
            add(samples[at->second], sample);
    }
    family.samples = std::move(samples);
}

// Counters of the kernel only grow, but several are not read at the same moment.
void MetricLimits::keep_growing(MetricFamily &family)
{
    for (MetricSample &sample : family.samples) {
        const auto [at, is_new] = last_.try_emplace(key_of(family.name, sample.labels), sample);
        MetricSample &last = at->second;
        last.value = sample.value = std::max(last.value, sample.value);
        last.sum = sample.sum = std::max(last.sum, sample.sum);
        for (std::size_t i = 0; i < std::min(last.buckets.size(), sample.buckets.size()); i++)
            last.buckets[i].count = sample.buckets[i].count = std::max(last.buckets[i].count, sample.buckets[i].count);
    }
}

} // namespace snoop::snoop_export
