// SPDX-License-Identifier: BSD-2-Clause
// The metrics of an event tool.
#include "libbpf/program_metrics.hpp"
#include "run/session.hpp"

#include <string>

namespace snoop {

void Session::add_metrics(MetricSet &to, bpf_object *object)
{
    // User space comes first: it has seen no more than the programs have.
    const RowCounts rows = rows_.counts();

    add_accounting_metrics(to, event_accounting(tracer_.info().name, read_counters(object), rows));
    if (export_)
        add_export_metrics(to);
}

void Session::add_export_metrics(MetricSet &to)
{
    export_->update();
    const std::string tool{tracer_.info().name};
    const Accounting sum = export_->accounting(tool);
    const auto labels = [&](const char *name, std::string_view value) {
        return MetricLabels{{"tool", tool}, {name, std::string{value}}};
    };
    std::uint64_t sent = 0;

    for (const AccountingItem &item : sum.summands())
        if (item.key == "sent")
            sent = item.count;
    MetricFamily &rows = to.counter("snoop_export_rows_total", "Printed rows that --otlp has sent, or dropped.");
    rows.add(labels("outcome", "sent"), static_cast<double>(sent));
    rows.add(labels("outcome", "dropped"), static_cast<double>(sum.lost()));
    to.gauge("snoop_export_queued_rows", "Printed rows that --otlp has not sent yet.")
        .add({{"tool", tool}}, static_cast<double>(sum.total() - sent - sum.lost()));
    MetricFamily &dropped = to.counter("snoop_export_dropped_rows_total", "Rows that --otlp dropped, by cause.");
    for (const AccountingItem &item : sum.causes())
        dropped.add(labels("cause", item.key), static_cast<double>(item.count));
}

} // namespace snoop
