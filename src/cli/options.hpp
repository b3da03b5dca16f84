// SPDX-License-Identifier: BSD-2-Clause
// What the command line said, as far as all event tools share it. Cli fills it.
//     if (session.options().format == snoop::Format::json) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

enum class Format { text, json };
enum class Transport { automatic, ring, perf };

struct CommonOptions {
    Format format = Format::text;
    std::vector<std::uint32_t> uids, pids, ppids;
    std::vector<std::string> comms, cgroups;
    bool show_time = false, show_timestamp = false, show_uid = false;
    std::optional<double> duration_s;
    std::optional<std::uint64_t> count;
    std::vector<std::string> command; // `-- CMD ARGS…`
    std::optional<std::uint32_t> ring_bytes;
    Transport transport = Transport::automatic;
    bool strict = false, verbose = false;
    std::string record, replay, btf;
};

struct ToolInfo {
    std::string_view name, summary;
    std::string_view examples;       // for --help, a line each
    std::uint32_t record_format = 0; // of a tool that records: raised when a record's layout changes
};

} // namespace snoop
