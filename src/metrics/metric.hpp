// SPDX-License-Identifier: BSD-2-Clause
// Metrics as Prometheus knows them: families of samples, each with labels.
//     MetricSet metrics;
//     metrics.counter("snoop_execs_total", "Executed programs.").add({{"uid", "1000"}}, 12);
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

enum class MetricKind { counter, gauge, histogram };

// The value of a label that stands for all that have none of their own.
constexpr const char *other_label = "_other";

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// How many observations were at most `upper`.
struct MetricBucket {
    double upper, count;
    bool operator==(const MetricBucket &) const = default;
};

struct MetricSample {
    MetricLabels labels;
    double value = 0; // of a histogram: all observations
    // A histogram has the sum of the observations, and buckets with growing limits, without that of all.
    double sum = 0;
    std::vector<MetricBucket> buckets{};
    bool operator==(const MetricSample &) const = default;
};

struct MetricFamily {
    MetricKind kind = MetricKind::counter;
    std::string name, help; // without a tab or a newline
    std::vector<MetricSample> samples{};

    // Values of labels may be any bytes: metrics_lines() makes them valid.
    void add(MetricLabels labels, double value) { samples.push_back({std::move(labels), value}); }
    bool operator==(const MetricFamily &) const = default;
};

// The metrics of one scrape.
class MetricSet {
public:
    // The family of that name, which is made if there is none. It stays where it is.
    MetricFamily &counter(std::string_view name, std::string_view help) { return get(MetricKind::counter, name, help); }
    MetricFamily &gauge(std::string_view name, std::string_view help) { return get(MetricKind::gauge, name, help); }
    MetricFamily &histogram(std::string_view name, std::string_view help)
    {
        return get(MetricKind::histogram, name, help);
    }

    [[nodiscard]] std::deque<MetricFamily> &families() noexcept { return families_; }
    [[nodiscard]] const std::deque<MetricFamily> &families() const noexcept { return families_; }

private:
    MetricFamily &get(MetricKind kind, std::string_view name, std::string_view help)
    {
        for (MetricFamily &family : families_)
            if (family.name == name)
                return family;
        return families_.emplace_back(MetricFamily{kind, std::string{name}, std::string{help}});
    }

    std::deque<MetricFamily> families_;
};

} // namespace snoop
