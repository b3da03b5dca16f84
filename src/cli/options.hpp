// SPDX-License-Identifier: BSD-2-Clause
// The options of the command line that all event tools share. Cli fills them in.
//     if (session.options().format == snoop::Format::json) …
#pragma once

#include "base/kept_blocks.hpp"
#include "base/redact.hpp"
#include "base/row_condition.hpp"
#include "cli/task_filters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// Rows go to snoop-export for otlp, and to snoop-report for those that follow it.
enum class Format { text, json, csv, otlp, html, chrome, folded, dot };
constexpr const char *format_names[] = {"text", "json", "csv", "otlp", "html", "chrome", "folded", "dot"};
constexpr const char *format_name(Format format) noexcept { return format_names[static_cast<std::size_t>(format)]; }
constexpr bool is_report(Format format) noexcept { return format >= Format::html; }
constexpr bool is_by_helper(Format format) noexcept { return format >= Format::otlp; }

enum class Color { automatic, always, never };
enum class Transport { automatic, ring, perf };

// --otlp, and what snoop-export is told.
struct OtlpOptions {
    static constexpr std::uint64_t least_queue = 64 << 10, most_queue = std::uint64_t{1} << 32,
                                   default_queue = 32 << 20;

    std::string url;   // empty: rows are not sent
    std::string spool; // folder; empty: rows that are not sent yet are in memory alone
    std::optional<std::uint64_t> queue_bytes;
    std::optional<double> timeout_s;
    bool with_args = false;
};

// --metrics and --metrics-file, of which one may be given.
struct MetricsOptions {
    std::string address, file; // "127.0.0.1:9464"; a path

    [[nodiscard]] bool is_on() const noexcept { return !address.empty() || !file.empty(); }
    // The one that is given, for messages.
    [[nodiscard]] const char *option() const noexcept { return file.empty() ? "--metrics" : "--metrics-file"; }
};

// --keep and --when: a flight recorder.
struct KeepOptions {
    static constexpr std::size_t default_bytes = 64 << 20;

    bool is_on = false;
    KeepLimits limits{default_bytes, std::nullopt};
    std::vector<RowCondition> when;

    [[nodiscard]] std::optional<KeepLimits> given() const { return is_on ? std::optional{limits} : std::nullopt; }
};

struct CommonOptions {
    Format format = Format::text;
    std::vector<std::string> fields; // --fields; empty: those that the format has by itself
    std::array<std::vector<Condition<FilterKey>>, task_filters.size()> filters; // in the order of task_filters
    std::vector<Condition<std::string>> cgroups;
    std::vector<Condition<std::string>> containers, units; // as base/place_filter.hpp has them
    std::vector<Condition<std::uint32_t>> under_pids;      // --under, numbers and names
    std::vector<Condition<FilterKey>> under_comms;
    Color color = Color::automatic;
    bool fit = false;
    bool show_ancestors = false;
    bool show_time = false, show_timestamp = false, show_uid = false;
    bool show_container = false;
    std::optional<double> duration_s;
    std::optional<std::uint64_t> count;
    std::vector<std::string> command; // `-- CMD ARGS…`
    std::optional<std::uint32_t> ring_bytes;
    Transport transport = Transport::automatic;
    bool strict = false;
    bool no_sandbox = false;
    unsigned verbose = 0; // 1 with -v, 2 with -vv
    std::string record, replay, btf;
    std::string report; // --report: a file
    OtlpOptions otlp;
    MetricsOptions metrics;
    KeepOptions keep;
    std::shared_ptr<Redactor> redactor; // --redact; null without it
    std::string given_filters;          // as they were given: "--uid 1000, --path /etc"; empty without one

    // Whether rows show the value of a JSON key, or --when asks for it. With --otlp, rows that are sent show it.
    [[nodiscard]] bool shows(std::string_view key) const
    {
        if (!otlp.url.empty() || std::ranges::find(keep.when, key, &RowCondition::key) != keep.when.end())
            return true;
        return fields.empty() ? format != Format::text : std::ranges::find(fields, key) != fields.end();
    }
    // Whether rows show what is known of the container, beyond the path of its cgroup.
    [[nodiscard]] bool shows_container() const
    {
        return show_container || shows_any(std::array{"container_name", "image", "pod_name", "pod_namespace"});
    }
    // Whether rows show the path of the cgroup, or what it tells.
    [[nodiscard]] bool shows_cgroup() const
    {
        return shows_container() ||
               shows_any(std::array{"cgroup", "runtime", "container_id", "pod_uid", "unit", "slice"});
    }
    [[nodiscard]] bool filters_under() const { return !under_pids.empty() || !under_comms.empty(); }
    // Whether there is a column of ancestors: with --ancestors, or if --fields names it.
    [[nodiscard]] bool shows_ancestors() const
    {
        return show_ancestors || std::ranges::find(fields, "ancestors") != fields.end();
    }
    // Whether rows show exec_id or parent_exec_id.
    [[nodiscard]] bool shows_exec_ids() const { return shows("exec_id") || shows("parent_exec_id"); }
    // Whether --container or --unit is given.
    [[nodiscard]] bool filters_places() const { return !containers.empty() || !units.empty(); }
    // The values of a filter, by its option: "--comm".
    [[nodiscard]] const std::vector<Condition<FilterKey>> &conditions(std::string_view option) const
    {
        const auto row = std::ranges::find(task_filters, option, &TaskFilter::option);
        return filters.at(static_cast<std::size_t>(row - task_filters.begin()));
    }
    // Those without a "!", as numbers, for "--uid", "--pid" and the like.
    [[nodiscard]] std::vector<std::uint32_t> numbers(std::string_view option) const
    {
        std::vector<std::uint32_t> all;
        for (const auto &[key, is_not] : conditions(option))
            if (!is_not)
                all.push_back(number_of(key));
        return all;
    }

private:
    template <class Keys> [[nodiscard]] bool shows_any(const Keys &keys) const
    {
        return std::ranges::any_of(keys, [this](std::string_view key) { return shows(key); });
    }
};

struct ToolInfo {
    std::string_view name, summary;
    std::string_view examples;       // for --help, a line each
    std::uint32_t record_format = 0; // of a tool that records: raised when a record's layout changes
    // Says which data a user can see who runs the tool with the privileges that it needs.
    std::string_view power = "trace the programs of all users";
    bool is_by_perf = false;    // its hooks are perf events, which some systems leave to root
    bool makes_reports = false; // it has what snoop-report shows
};

} // namespace snoop
