// SPDX-License-Identifier: BSD-2-Clause
// Metrics as prometheus-cpp has them.
//     prometheus::TextSerializer{}.Serialize(prometheus_families(metrics));
#pragma once

#ifdef SNOOP_PROMETHEUS
#include "metrics/metric.hpp"

#include <prometheus/metric_family.h>

#include <vector>

namespace snoop::snoop_export {

std::vector<prometheus::MetricFamily> prometheus_families(const MetricSet &metrics);

} // namespace snoop::snoop_export
#endif
