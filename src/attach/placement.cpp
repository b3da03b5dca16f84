// SPDX-License-Identifier: BSD-2-Clause
#include "attach/placement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace snoop {

std::string describe_placement(UprobeScope scope, const std::set<std::string> &files,
                               std::optional<std::uint64_t> cost_ns)
{
    const std::string cost =
        cost_ns ? fmt::format(", by about {:.1f} µs a call", static_cast<double>(*cost_ns) / 1000) : "";

    if (scope.with_descendants)
        return "the probes are in the command and its descendants alone";
    if (scope.pid > 0)
        return fmt::format("the probes are in process {} alone", scope.pid);
    if (files.size() != 1)
        return fmt::format("the probes slow every process that maps one of {} files{}", files.size(), cost);
    return fmt::format("the probes slow every process that maps {}{}", *files.begin(), cost);
}

void report_placement(const Log &log, const CommonOptions &options, UprobeScope scope,
                      const std::set<std::string> &files, std::optional<std::uint64_t> cost_ns)
{
    const std::string line = describe_placement(scope, files, cost_ns);
    const bool has_filter = !options.command.empty() || !options.cgroups.empty() ||
                            std::ranges::any_of(options.filters, [](const auto &keys) { return !keys.empty(); });

    if (scope.pid > 0)
        log.detail("{}", line);
    else if (has_filter)
        log.line("{}", line);
}

} // namespace snoop
