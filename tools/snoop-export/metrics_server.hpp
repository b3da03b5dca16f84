// SPDX-License-Identifier: BSD-2-Clause
// Serves the metrics of the tool that started this program, for Prometheus or in a file.
//     serve_metrics({.address = "127.0.0.1:9464"}, {say, ready, [] { std::_Exit(exit_ok); }});
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

struct MetricsTarget {
    std::string address, file; // one of them
};

struct MetricsCalls {
    std::function<void(std::string_view line)> say;
    std::function<void(const std::string &where)> ready; // is told where metrics are
    std::function<void()> ended; // when the tool has, before the HTTP server stops: that takes 2 s
};

// Until the tool ends. Throws Error: exit 1 if it cannot listen, or not write the file; exit 3 if this program is built
// without prometheus-cpp.
void serve_metrics(const MetricsTarget &target, const MetricsCalls &calls);

} // namespace snoop::snoop_export
