// SPDX-License-Identifier: BSD-2-Clause
// Metrics that every tool has: those of its programs, and of what became of the events.
//     add_program_metrics(metrics, "execcount", object);
//     add_accounting_metrics(metrics, accounting);
#pragma once

#include "libbpf/accounting.hpp"
#include "metrics/metric.hpp"

#include <string_view>

struct bpf_object;

namespace snoop {

// The version of the tool, and what the kernel counts for each program.
void add_program_metrics(MetricSet &to, std::string_view tool, bpf_object *object);
// The summands of an accounting summary, and the causes of losses. Events that are in flight are left out: their number
// also goes down.
void add_accounting_metrics(MetricSet &to, const Accounting &sum);

} // namespace snoop
