// SPDX-License-Identifier: BSD-2-Clause
// Bounds what a scrape gets, over all scrapes of a run: a label has at most 200 values, no two samples have the
// same labels, and no counter ever goes down.
//     MetricLimits limits;
//     limits.apply(metrics);   // at each scrape
#pragma once

#include "metrics/metric.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace snoop::snoop_export {

class MetricLimits {
public:
    static constexpr std::size_t most_values = 200;

    // The first values of a label keep their names; at one scrape, those of the largest samples come first. All others
    // are other_label. Samples whose labels become the same are summed up.
    void apply(MetricSet &metrics);

private:
    void limit(const std::string &family, MetricLabels &labels);
    void merge(MetricFamily &family);
    void keep_growing(MetricFamily &family);

    std::map<std::string, std::set<std::string>> values_; // by family and label
    std::map<std::string, MetricSample> last_;            // by family and labels
};

} // namespace snoop::snoop_export
