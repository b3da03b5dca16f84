// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/metric_limits.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

namespace {

using namespace snoop;
using namespace snoop::snoop_export;

using Values = std::map<std::string, double>;

// The samples of a counter with one label, as they leave the limits.
Values scrape(MetricLimits &limits, const std::vector<std::pair<std::string, double>> &given)
{
    MetricSet metrics;
    for (const auto &[value, count] : given)
        metrics.counter("x_total", "X.").add({{"comm", value}}, count);
    limits.apply(metrics);
    Values values;
    for (const MetricSample &sample : metrics.families().front().samples) {
        EXPECT_FALSE(values.contains(sample.labels.front().second)) << "twice: " << sample.labels.front().second;
        values[sample.labels.front().second] = sample.value;
    }
    return values;
}

TEST(MetricLimits, LeaveSmallOnesAlone)
{
    MetricLimits limits;
    EXPECT_EQ(scrape(limits, {{"a", 1}, {"b", 2}}), (Values{{"a", 1}, {"b", 2}}));
}

TEST(MetricLimits, SumUpEqualLabels)
{
    MetricLimits limits;
    EXPECT_EQ(scrape(limits, {{"a", 1}, {"a", 2}}), (Values{{"a", 3}}));
}

TEST(MetricLimits, NameTheLargestAndSumUpTheOthers)
{
    MetricLimits limits;
    std::vector<std::pair<std::string, double>> given;
    for (int i = 1; i <= 300; i++)
        given.emplace_back(fmt::format("p{}", i), i);
    Values values = scrape(limits, given);
    EXPECT_EQ(values.size(), MetricLimits::most_values + 1);
    EXPECT_TRUE(values.contains("p300") && values.contains("p101"));
    EXPECT_FALSE(values.contains("p100"));
    EXPECT_EQ(values["_other"], 100 * 101 / 2);

    // Those that have a name keep it, and no other gets one, however large it is.
    given[0].second = 1'000'000;
    given.emplace_back("new", 7);
    values = scrape(limits, given);
    EXPECT_EQ(values.size(), MetricLimits::most_values + 1);
    EXPECT_FALSE(values.contains("p1") || values.contains("new"));
    EXPECT_EQ(values["_other"], 100 * 101 / 2 - 1 + 1'000'000 + 7);
}

TEST(MetricLimits, NoCounterGoesDown)
{
    MetricLimits limits;
    scrape(limits, {{"a", 5}});
    EXPECT_EQ(scrape(limits, {{"a", 4}}), (Values{{"a", 5}}));
    EXPECT_EQ(scrape(limits, {{"a", 6}}), (Values{{"a", 6}}));
}

TEST(MetricLimits, NorABucket)
{
    MetricLimits limits;
    const auto scrape_one = [&](const MetricSample &sample) {
        MetricSet metrics;
        metrics.histogram("x_seconds", "X.").samples.push_back(sample);
        limits.apply(metrics);
        return metrics.families().front().samples.front();
    };
    const MetricSample before{{{"function", "f"}}, 3, 0.5, {{0.1, 1}, {1, 3}}};
    EXPECT_EQ(scrape_one(before), before);
    EXPECT_EQ(scrape_one({{{"function", "f"}}, 4, 0.4, {{0.1, 0}, {1, 4}}}),
              (MetricSample{{{"function", "f"}}, 4, 0.5, {{0.1, 1}, {1, 4}}}));
}

TEST(MetricLimits, AGaugeMayGoDown)
{
    MetricLimits limits;
    for (const double value : {5., 4.}) {
        MetricSet metrics;
        metrics.gauge("x", "X.").add({}, value);
        limits.apply(metrics);
        EXPECT_EQ(metrics.families().front().samples.front().value, value);
    }
}

} // namespace
