// SPDX-License-Identifier: BSD-2-Clause
// snoop-doctor: checks this system, each kind of hook and each tool, and says how to fix what is
// missing. Then it measures the programs of running tools. Or it lists their maps.
#include "base/error.hpp"
#include "base/terminal.hpp"
#include "cli/cli.hpp"
#include "libbpf/log.hpp"
#include "run/row_style.hpp"
#include "run/run_main.hpp"
#include "snoop-doctor/hooks.hpp"
#include "snoop-doctor/running_maps.hpp"
#include "snoop-doctor/running_programs.hpp"
#include "snoop-doctor/system_checks.hpp"
#include "snoop-doctor/tools.hpp"
#include "table/columns.hpp"
#include "table/json_schema.hpp"
#include "table/output.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fmt/ranges.h>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace snoop;

constexpr ToolInfo info{"snoop-doctor", "Check what this system is missing for tracing, and show how to fix it.",
                        "Examples:\n"
                        "  snoop-doctor                 each check, each hook, each tool\n"
                        "  snoop-doctor | grep missing  what is missing, and how to fix it\n"
                        "  snoop-doctor -o json | jq .\n"};

struct Options {
    std::vector<std::string> only; // prefixes of checks
    double seconds = 1;
    bool maps = false;
};

std::string_view name_of(State state)
{
    return state == State::ok ? "ok" : state == State::missing ? "missing" : "unknown";
}

const Columns<Check> check_columns{
    {json_only<Check>("event", "Kind of the line.", [](const Check &) { return "check"; }),
     {"CHECK", 22, Align::left, "check",
      "What was checked, such as kernel, mount/tracefs, hook/kprobe or tool/execsnoop.",
      [](const Check &c) { return std::string_view{c.check}; }},
     {"STATE", 7, Align::left, "state", "ok, missing, or unknown if it could not be determined.",
      [](const Check &c) { return name_of(c.state); }},
     json_only<Check>("found", "What was found: a value, a hook that a tool chose, or the error.",
                      [](const Check &c) { return std::string_view{c.found}; }),
     json_only<Check>("fix", "How to fix what is missing; may be empty.",
                      [](const Check &c) { return std::string_view{c.fix}; }),
     text_only<Check>("FOUND", 0, Align::left, [](const Check &c) {
         return c.fix.empty() ? c.found : fmt::format("{}; fix: {}", c.found, c.fix);
     })}};

const Columns<RunningProgram> program_columns{
    {json_only<RunningProgram>("event", "Kind of the line.", [](const RunningProgram &) { return "program"; }),
     {"PID", 7, Align::left, "pid", "Process that holds the program.", [](const RunningProgram &p) { return p.pid; }},
     {"TOOL", 12, Align::left, "tool", "Name of that process.",
      [](const RunningProgram &p) { return std::string_view{p.tool}; }},
     {"ID", 6, Align::left, "id", "ID of the program, as shown by bpftool.",
      [](const RunningProgram &p) { return p.id; }},
     {"TYPE", 16, Align::left, "type", "Type of the program, such as raw_tracepoint.",
      [](const RunningProgram &p) { return std::string_view{p.type}; }},
     {"RUNS", 10, Align::right, "runs", "How often it ran during the measurement.",
      [](const RunningProgram &p) { return p.runs; }},
     {"NS/RUN", 8, Align::right, "ns_per_run", "Mean time of these runs in nanoseconds; 0 if there was none.",
      [](const RunningProgram &p) { return p.runs ? p.run_ns / p.runs : 0; }},
     {"SKIPPED", 8, Align::right, "skipped",
      "How often the kernel skipped the program since it was loaded (recursion_misses).",
      [](const RunningProgram &p) { return p.skipped; }},
     {"PROGRAM", 0, Align::left, "program", "Name of the program, at most 15 bytes.",
      [](const RunningProgram &p) { return std::string_view{p.name}; }}}};

const Columns<RunningMap> map_columns{
    {json_only<RunningMap>("event", "Kind of the line.", [](const RunningMap &) { return "map"; }),
     {"PID", 7, Align::left, "pid", "Process that holds the map.", [](const RunningMap &m) { return m.pid; }},
     {"TOOL", 12, Align::left, "tool", "Name of that process.",
      [](const RunningMap &m) { return std::string_view{m.tool}; }},
     {"ID", 6, Align::left, "id", "ID of the map, for `bpftool map update id ID`.",
      [](const RunningMap &m) { return m.id; }},
     {"MAP", 15, Align::left, "map", "Name of the map.", [](const RunningMap &m) { return std::string_view{m.name}; }},
     {"HOLDS", 0, Align::left, "holds", "What the map holds, such as users of --uid.",
      [](const RunningMap &m) { return std::string_view{m.holds}; }}}};

std::string describe_rows()
{
    return json_schema(info.name, {{"check", "The result of a check.", check_columns.keys()},
                                   {"program", "A BPF program of a running tool.", program_columns.keys()},
                                   {"map", "A map of a running tool that can be edited.", map_columns.keys()}});
}

// Throws Error (exit 2) for a beginning that no check has.
void expect_checks(const std::vector<std::string> &beginnings, const std::vector<std::string> &checks)
{
    for (const std::string &begin : beginnings)
        if (std::ranges::none_of(checks, [&](const std::string &check) { return check.starts_with(begin); }))
            throw Error{exit_usage, "--only: no check is named '{}': give the beginning of one of {}", begin,
                        fmt::join(checks, ", ")};
}

class Report {
public:
    explicit Report(Format format) : json_(format == Format::json) {}

    // A table begins with its header, and a second one with an empty line.
    template <class Row> void begin(const Columns<Row> &columns)
    {
        if (json_)
            return;
        if (has_table_)
            append(out_.buffer(), "\n");
        has_table_ = true;
        const std::size_t from = out_.buffer().size();
        columns.put_header(out_.buffer());
        const std::string_view header{out_.buffer().data() + from, out_.buffer().size() - from};
        last_column_ = header.rfind(' ') + 1;
    }

    template <class Row> void put(const Columns<Row> &columns, const Row &row)
    {
        if (json_)
            columns.put_json_row(out_.buffer(), row);
        else
            put_text_row(columns, row);
        out_.flush();
    }

    template <class Row> void put_table(const Columns<Row> &columns, const std::vector<Row> &rows)
    {
        begin(columns);
        for (const Row &row : rows)
            put(columns, row);
    }

private:
    // On a terminal, what does not fit goes on below the last column.
    template <class Row> void put_text_row(const Columns<Row> &columns, const Row &row)
    {
        const std::size_t from = out_.buffer().size();

        columns.put_row(out_.buffer(), row);
        if (const auto width = terminal_columns(out_.fd()))
            wrap_row(out_.buffer(), from, *width, last_column_);
    }

    Output out_{STDOUT_FILENO};
    bool json_, has_table_ = false;
    std::size_t last_column_ = 0; // how many columns of the terminal are before it
};

int run(Cli &cli)
{
    Options options;

    // Nothing is traced: a signal ends the checks as it ends other programs.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now {};
        if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) // nohup
            std::signal(signal, SIG_DFL);
    }
    cli.add_report();
    cli.describe_rows(describe_rows);
    cli.option("--only", "CHECK", options.only, "Run only checks whose names start with CHECK")
        .manual("Run only checks whose names start with CHECK: `mount`, `hook/`, `tool/opensnoop`; `programs` is the "
                "second "
                "table.");
    cli.seconds("--measure", options.seconds, "How long to measure the programs of running tools")
        .manual("Measure the programs of running tools for SECONDS. The kernel counts and times all programs "
                "meanwhile.");
    cli.flag("--maps", options.maps, "List the maps of running tools that can be edited")
        .manual("Only list the maps of running tools that bpftool(8) can edit while they run: `bpftool map update id "
                "ID`.");
    cli.parse();
    const std::chrono::duration<double> seconds{options.seconds};
    const auto passes_options = [&](std::string_view check) {
        return options.only.empty() ||
               std::ranges::any_of(options.only, [&](const auto &begin) { return check.starts_with(begin); });
    };

    // libbpf's messages are shown only with -v; each check says what matters.
    const Log log{info.name, cli.common().verbose};
    Report report{cli.common().format};
    if (options.maps) {
        report.put_table(map_columns, editable_maps(tool_names()));
        return exit_ok;
    }
    std::vector<Check> first = check_system();
    std::ranges::move(check_user(), std::back_inserter(first));
    std::vector<std::string> names{"programs"};
    std::ranges::transform(first, std::back_inserter(names), &Check::check);
    std::ranges::copy(hook_checks(), std::back_inserter(names));
    for (const auto &name : tool_names())
        names.push_back("tool/" + name);
    expect_checks(options.only, names);
    report.begin(check_columns);
    for (const auto &check : first)
        if (passes_options(check.check))
            report.put(check_columns, check);
    for (const auto &check : hook_checks())
        if (passes_options(check))
            report.put(check_columns, try_hook(check));
    bool all_work = true;
    for (const auto &name : tool_names()) {
        if (!passes_options("tool/" + name))
            continue;
        const Check check = try_tool(name);
        report.put(check_columns, check);
        all_work = all_work && check.state != State::missing;
    }
    if (passes_options("programs")) {
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(seconds);
        if (const auto programs = measure_programs(tool_names(), time); !programs.empty())
            report.put_table(program_columns, programs);
    }
    return all_work ? exit_ok : exit_lacks;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
