// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/program_metrics.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <string>
#include <vector>

namespace snoop {
namespace {

struct ProgramCounts {
    std::string name;
    std::uint64_t runs = 0, ns = 0, missed = 0;
};

std::vector<ProgramCounts> programs_of(bpf_object *object)
{
    std::vector<ProgramCounts> all;
    const bpf_program *program = nullptr;

    while ((program = bpf_object__next_program(object, const_cast<bpf_program *>(program))) != nullptr) {
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        if (bpf_program__fd(program) >= 0 && bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0)
            all.push_back({bpf_program__name(program), info.run_cnt, info.run_time_ns, info.recursion_misses});
    }
    return all;
}

} // namespace

void add_program_metrics(MetricSet &to, std::string_view tool, bpf_object *object)
{
    const auto programs = programs_of(object);
    const auto labels = [&](const ProgramCounts &program) {
        return MetricLabels{{"tool", std::string{tool}}, {"program", program.name}};
    };

    to.gauge("snoop_build_info", "Version of the tool; always 1.")
        .add({{"tool", std::string{tool}}, {"version", SNOOP_VERSION}}, 1);
    MetricFamily &missed = to.counter("snoop_bpf_missed_runs_total",
                                      "Runs of a BPF program that the kernel skipped, since it ran already.");
    for (const ProgramCounts &program : programs)
        missed.add(labels(program), static_cast<double>(program.missed));
    // The kernel counts runs only while kernel.bpf_stats_enabled is 1.
    if (std::ranges::all_of(programs, [](const ProgramCounts &program) { return program.runs == 0; }))
        return;
    MetricFamily &runs = to.counter("snoop_bpf_runs_total", "Runs of a BPF program.");
    MetricFamily &seconds = to.counter("snoop_bpf_run_seconds_total", "Time that a BPF program ran.");
    for (const ProgramCounts &program : programs) {
        runs.add(labels(program), static_cast<double>(program.runs));
        seconds.add(labels(program), static_cast<double>(program.ns) / 1e9);
    }
}

void add_accounting_metrics(MetricSet &to, const Accounting &sum)
{
    const std::string tool{sum.tool()};
    MetricFamily &events = to.counter("snoop_events_total", "Events that the programs saw, by what became of them.");
    MetricFamily &lost = to.counter("snoop_events_lost_total", "Events that were lost, by cause.");

    for (const AccountingItem &item : sum.summands())
        if (!item.is_pending)
            events.add({{"tool", tool}, {"outcome", std::string{item.key}}}, static_cast<double>(item.count));
    for (const AccountingItem &item : sum.causes())
        lost.add({{"tool", tool}, {"cause", std::string{item.key}}}, static_cast<double>(item.count));
}

} // namespace snoop
