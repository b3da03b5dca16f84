// SPDX-License-Identifier: BSD-2-Clause
// Finds where rows are sent and how: what the command line does not say, the variables OTEL_* of the environment do, as
// OpenTelemetry's specification of OTLP exporters names them. Those of logs (OTEL_EXPORTER_OTLP_LOGS_*) or spans
// (…_TRACES_*) come first.
//     const Settings settings = settings_of({.otlp = "http://localhost:4318"}, process_environment);
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace snoop::snoop_export {

struct Settings {
    bool spans = false;               // not logs
    std::string url;                  // of one of the two
    std::string shown_url;            // without a password, for messages
    std::vector<std::string> headers; // "Name: value"
    std::chrono::milliseconds timeout{10'000};
    bool gzip = true;
    std::string ca_file, client_certificate, client_key;
    std::map<std::string, std::string> resource; // attributes
};

struct Given {
    std::string otlp;                // empty: the environment has it
    std::optional<double> timeout_s; // likewise
    bool spans = false;
    std::optional<bool> to_stdout{}; // requests are written, not sent
};

// A variable's value; nullptr if it is not set.
using Environment = std::function<const char *(const char *name)>;

// Throws Error (exit 2).
Settings settings_of(const Given &given, const Environment &environment);

} // namespace snoop::snoop_export
