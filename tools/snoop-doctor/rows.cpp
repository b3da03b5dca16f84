// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/rows.hpp"
#include "table/json_schema.hpp"

#include <fmt/format.h>

#include <optional>

namespace snoop {
namespace {

using Program = LoadedProgram;

std::string owner(const Program &program)
{
    return program.held_by == HeldBy::process ? program.comm : program.held_by == HeldBy::pin ? "(pinned)" : "-";
}

// A part of the cost; nothing if the kernel did not count.
template <class T> std::optional<T> of_cost(const Program &program, T (*part)(const ProgramCost &))
{
    return program.cost ? std::optional{part(*program.cost)} : std::nullopt;
}

std::optional<std::uint64_t> ns_per_run(const Program &program)
{
    return program.cost && program.cost->runs ? std::optional{program.cost->run_ns / program.cost->runs} : std::nullopt;
}

std::optional<double> runs_per_s(const Program &program)
{
    return of_cost<double>(program, [](const ProgramCost &cost) { return cost.runs_per_s(); });
}

std::optional<double> cpu_percent(const Program &program)
{
    return of_cost<double>(program, [](const ProgramCost &cost) { return cost.cpu_percent(); });
}

std::string decimal(std::optional<double> value, int digits)
{
    return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

} // namespace

std::string_view name_of(State state)
{
    return state == State::ok ? "ok" : state == State::missing ? "missing" : "unknown";
}

std::string_view name_of(HeldBy owner)
{
    return owner == HeldBy::process ? "process" : owner == HeldBy::pin ? "pin" : "other";
}

const Columns<Check> &check_columns()
{
    static const Columns<Check> columns{
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
    return columns;
}

const Columns<LoadedProgram> &program_columns()
{
    static const Columns<Program> columns{
        {json_only<Program>("event", "Kind of the line.", [](const Program &) { return "program"; }),
         {"ID", 6, Align::left, "id", "ID of the program, as shown by bpftool.", [](const Program &p) { return p.id; }},
         {"TYPE", 16, Align::left, "type", "Type of the program, such as raw_tracepoint.",
          [](const Program &p) { return std::string_view{p.type}; }},
         {"PID", 7, Align::left, "pid",
          "Process that holds the program, the lowest number if there are several; null if there is none.",
          [](const Program &p) { return p.pid; }},
         json_only<Program>(
             "comm", "Name of that process; null if there is none.",
             [](const Program &p) { return p.pid ? std::optional{std::string_view{p.comm}} : std::nullopt; }),
         text_only<Program>("COMM", 16, Align::left, [](const Program &p) { return owner(p); }),
         json_only<Program>(
             "held_by",
             "What keeps the program loaded: process; pin, a file of bpffs; or other, such as the cgroup "
             "or interface that it is attached to, a map, or a process outside of this pid namespace.",
             [](const Program &p) { return name_of(p.held_by); }),
         json_only<Program>("holders", "How many processes hold it.", [](const Program &p) { return p.holders; }),
         json_only<Program>("runs", "How often it ran during the measurement; null if the kernel does not count.",
                            [](const Program &p) {
                                return of_cost<std::uint64_t>(p, [](const ProgramCost &cost) { return cost.runs; });
                            }),
         json_only<Program>("runs_per_s", "That, per second.", [](const Program &p) { return runs_per_s(p); }),
         text_only<Program>("RUNS/S", 10, Align::right, [](const Program &p) { return decimal(runs_per_s(p), 1); }),
         {"NS/RUN", 8, Align::right, "ns_per_run", "Mean time of these runs in nanoseconds; null if there was none.",
          [](const Program &p) { return ns_per_run(p); }},
         json_only<Program>("cpu_percent", "Share of one CPU that these runs took, in percent.",
                            [](const Program &p) { return cpu_percent(p); }),
         text_only<Program>("CPU%", 7, Align::right, [](const Program &p) { return decimal(cpu_percent(p), 3); }),
         {"SKIPPED", 8, Align::right, "skipped",
          "How often the kernel skipped the program since it was loaded (recursion_misses).",
          [](const Program &p) { return p.skipped; }},
         {"PROGRAM", 0, Align::left, "program",
          "Name of the program: that of its function if it has type information, else at most 15 bytes.",
          [](const Program &p) { return std::string_view{p.name}; }}}};
    return columns;
}

const Columns<RunningMap> &map_columns()
{
    static const Columns<RunningMap> columns{
        {json_only<RunningMap>("event", "Kind of the line.", [](const RunningMap &) { return "map"; }),
         {"PID", 7, Align::left, "pid", "Process that holds the map.", [](const RunningMap &m) { return m.pid; }},
         {"TOOL", 12, Align::left, "tool", "Name of that process.",
          [](const RunningMap &m) { return std::string_view{m.tool}; }},
         {"ID", 6, Align::left, "id", "ID of the map, for `bpftool map update id ID`.",
          [](const RunningMap &m) { return m.id; }},
         {"MAP", 15, Align::left, "map", "Name of the map.",
          [](const RunningMap &m) { return std::string_view{m.name}; }},
         {"HOLDS", 0, Align::left, "holds", "What the map holds, such as users of --uid.",
          [](const RunningMap &m) { return std::string_view{m.holds}; }}}};
    return columns;
}

std::string describe_rows(std::string_view tool)
{
    return json_schema(tool, {{"check", "The result of a check.", check_columns().keys()},
                              {"program", "A BPF program that is loaded, of any process.", program_columns().keys()},
                              {"map", "A map of a running tool that can be edited.", map_columns().keys()}});
}

} // namespace snoop
