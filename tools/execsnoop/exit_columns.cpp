// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/exit_columns.hpp"
#include "base/error.hpp"
#include "execsnoop/cost.hpp"
#include "table/times.hpp"
#include "table/values.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace snoop::execsnoop {
namespace {

// EXIT: 0, 42, SIGSEGV; "exec" if the process called exec again.
struct Outcome {
    const Row &row;
};

void put_text(Buffer &out, Outcome outcome, Spaces spaces)
{
    const Row &row = outcome.row;

    if (row.signal())
        snoop::put_text(out, signal_name(*row.signal()), spaces);
    else if (row.ending && !row.ending->exit)
        append(out, "exec");
    else
        snoop::put_text(out, row.exit_code(), spaces);
}

// A value of the cost, if that is known.
template <class Get> auto of_cost(const Row &row, Get get)
{
    const exec_cost *cost = row.cost();

    return cost ? std::optional{get(*cost)} : std::nullopt;
}

template <class Get> Column<Row> end_key(std::string_view key, std::string_view meaning, Get get)
{
    return json_only<Row>(key, meaning, get).only_with("--exit");
}

void add_end(std::vector<Column<Row>> &columns)
{
    columns.push_back(text_only<Row>("EXIT", 8, Align::left, [](const Row &r) { return Outcome{r}; }));
    columns.push_back(Column<Row>{
        "RAN(ms)", 10, Align::right, "duration_ns",
        "Time from this exec to the next one or to the end of the process, in nanoseconds; null if neither "
        "was seen.",
        [](const Row &r) {
            return r.ending ? std::optional{Duration{r.ending->duration_ns}} : std::nullopt;
        }}.only_with("--exit"));
    columns.push_back(end_key("exit_code",
                              "Exit code; null if the process did not exit by itself, or its end was not seen.",
                              [](const Row &r) { return r.exit_code(); }));
    columns.push_back(
        end_key("signal", "Name of the signal that ended the process, such as SIGKILL; null without one.",
                [](const Row &r) { return r.signal() ? std::optional{signal_name(*r.signal())} : std::nullopt; }));
    columns.push_back(end_key(
        "parent_seen", "Whether the program of parent_exec_id, or of exec_id if the exec failed, has a row, too.",
        [](const Row &r) { return r.parent_seen; }));
    columns.push_back(
        end_key("killed_by", "Sender of that signal; null without one, or if it was not seen.", [](const Row &r) {
            return r.exit_has(EXIT_FLAG_KILLED_BY)
                       ? std::optional{Killer{r.ending->exit->killer_pid, text_of(r.ending->exit->killer_comm)}}
                       : std::nullopt;
        }));
    columns.push_back(
        end_key("oom", "Whether the process was killed because memory ran out; null if its end was not seen.",
                [](const Row &r) { return r.status() ? std::optional{r.exit_has(EXIT_FLAG_OOM)} : std::nullopt; }));
}

void add_cost(std::vector<Column<Row>> &columns)
{
    columns.push_back(text_only<Row>("CPU(ms)", 10, Align::right, [](const Row &r) {
        return of_cost(r, [](const exec_cost &c) {
            const CpuTime cpu = cpu_time(c);
            return Duration{cpu.user + cpu.system};
        });
    }));
    columns.push_back(end_key("utime_ns",
                              "CPU time in user mode, in nanoseconds. This and the keys that follow are of the whole "
                              "process since its start, without its children; null if they were not seen.",
                              [](const Row &r) { return of_cost(r, [](const auto &c) { return cpu_time(c).user; }); }));
    columns.push_back(end_key("stime_ns", "CPU time in the kernel, in nanoseconds.", [](const Row &r) {
        return of_cost(r, [](const auto &c) { return cpu_time(c).system; });
    }));
    columns.push_back(Column<Row>{
        "RSS(KiB)", 9, Align::right, "maxrss_kb", "Largest resident size, in KiB.", [](const Row &r) {
            return of_cost(r, [](const auto &c) { return c.maxrss_kb; });
        }}.only_with("--exit"));
    columns.push_back(end_key(
        "read_bytes", "Bytes read from storage; null also if the kernel does not count them.", [](const Row &r) {
            return r.exit_has(EXIT_FLAG_HAS_IO) ? std::optional{r.ending->exit->cost.read_bytes} : std::nullopt;
        }));
    columns.push_back(end_key(
        "write_bytes", "Bytes written to storage; null also if the kernel does not count them.", [](const Row &r) {
            return r.exit_has(EXIT_FLAG_HAS_IO) ? std::optional{r.ending->exit->cost.write_bytes} : std::nullopt;
        }));
    columns.push_back(end_key("minflt", "Page faults without input or output.",
                              [](const Row &r) { return of_cost(r, [](const auto &c) { return c.minflt; }); }));
    columns.push_back(end_key("majflt", "Page faults that had to read from storage.",
                              [](const Row &r) { return of_cost(r, [](const auto &c) { return c.majflt; }); }));
    columns.push_back(end_key("nvcsw", "Voluntary context switches, the last one included.",
                              [](const Row &r) { return of_cost(r, [](const auto &c) { return c.nvcsw; }); }));
    columns.push_back(end_key("nivcsw", "Involuntary context switches.",
                              [](const Row &r) { return of_cost(r, [](const auto &c) { return c.nivcsw; }); }));
}

} // namespace

void add_exit_columns(std::vector<Column<Row>> &columns)
{
    add_end(columns);
    add_cost(columns);
}

} // namespace snoop::execsnoop
