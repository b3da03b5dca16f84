// SPDX-License-Identifier: BSD-2-Clause
// --record and --replay; --keep and --when.
#include "base/parse.hpp"
#include "cli/cli.hpp"

#include <chrono>
#include <cstdint>

namespace snoop {

void Cli::add_keep(std::string_view name, const std::string &text)
{
    KeepOptions &keep = common_.keep;

    keep.is_on = true;
    if (text.ends_with('s'))
        keep.limits.age = std::chrono::nanoseconds{parse_time_ns(name, text)};
    else if (!text.empty() && text.find_first_not_of("0123456789KMG") != text.npos)
        throw Error{exit_usage, "{}: invalid time or size '{}': give a time such as 60s, or a size such as 64M", name,
                    text};
    else
        keep.limits.bytes = detail::parse_size_within(name, text, 64 << 10, std::uint64_t{1} << 40);
}

void Cli::add_recording()
{
    section_ = Section::running;
    option("--record", "FILE", common_.record, "Also write the raw events to FILE")
        .manual(
            "Write the raw events to FILE, in addition to printing them. --replay reads them. FILE is a new file, "
            "which only its owner can read: the user who called sudo. An old file is replaced. In a directory such as "
            "/tmp no other user's link or FIFO is followed.")
        .completes(Complete::file);
    each(
        "--keep", "TIME|SIZE", [this](std::string_view name, const std::string &text) { add_keep(name, text); },
        "Hold the last rows in memory; SIGUSR1 writes them")
        .manual(
            "A flight recorder: write nothing, but hold the rows of the last TIME, such as 60s, or the last SIZE of "
            "them, such as 64M, in memory. SIGUSR1 or a row that --when waits for writes the rows that are held, "
            "once. Give it twice for both limits; without a SIZE, it is 64M. With --record, the records that are "
            "written are those that are held then; each of the two takes SIZE.");
    option("--when", "CONDITION", common_.keep.when, parse_row_condition, "With --keep: write them at such a row")
        .manual(
            "With --keep: write the rows that are held when there is one for which CONDITION holds, that row "
            "included. CONDITION is KEY=VALUE or KEY!=VALUE, where KEY is a key of `-o json`, or KEY alone, if it is "
            "neither null nor false. No condition holds for null. `exit`, `killed` and `failed` stand for the keys "
            "exit_code, signal and errno: `exit!=0`. With several, one of them is enough.");
    option("--replay", "FILE", common_.replay, "Print the events recorded in FILE (- for stdin)")
        .manual("Print the events that --record wrote to FILE; if FILE is `-`, read standard input. This needs "
                "neither root nor BPF, and the tool's filters and output options apply. Cannot be combined with "
                "--record, --cgroup, --under or a command.")
        .completes(Complete::file);
    section_ = Section::own;
}

void Cli::check_recording() const
{
    const auto &o = common_;

    if (!o.keep.is_on && !o.keep.when.empty())
        throw Error{exit_usage, "--when needs --keep, which says what is written then"};
    if (o.keep.is_on && o.count)
        throw Error{exit_usage, "--count does not apply to --keep: omit it"};
    if (o.keep.is_on && !o.otlp.url.empty())
        throw Error{exit_usage, "--keep writes to stdout, and cannot hold what --otlp sends: omit one of them"};
    if (o.replay.empty())
        return;
    if (o.keep.is_on)
        throw Error{exit_usage, "--keep does not apply to a recording: omit it"};
    if (!o.record.empty())
        throw Error{exit_usage, "--replay cannot be combined with --record: copy a recording with cp"};
    if (!o.command.empty())
        throw Error{exit_usage, "--replay does not run commands: omit `-- {}`", o.command.front()};
    if (o.filters_under())
        throw Error{exit_usage, "--under does not apply to a recording: use it with --record"};
    if (!o.cgroups.empty())
        throw Error{exit_usage, "--cgroup does not apply to a recording: use it with --record"};
}

} // namespace snoop
