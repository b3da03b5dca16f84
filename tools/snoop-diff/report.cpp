// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/report.hpp"
#include "base/escape.hpp"
#include "base/utf8_cut.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace snoop::snoop_diff {
namespace {

constexpr std::size_t most_ancestors = 32, most_shown_paths = 3;
constexpr std::size_t longest = 160; // what is shown of a text, in bytes

// The beginning and the end of a long text.
std::string shortened(std::string text)
{
    constexpr std::string_view gap = " ... ";

    if (text.size() <= longest)
        return text;
    return std::string{utf8_prefix(text, longest / 2)}.append(gap).append(utf8_suffix(text, longest / 2 - gap.size()));
}

std::string escaped(std::string_view text)
{
    Buffer out;

    append_escaped(out, text);
    return shortened(fmt::to_string(out));
}

std::string command_of(const Program &program)
{
    Buffer out;

    append_quoted(out, program.name());
    for (std::size_t i = 1; i < program.args.size() && out.size() < (std::size_t{1} << 20); i++) {
        append(out, " ");
        append_quoted(out, program.args[i]);
    }
    return shortened(fmt::to_string(out));
}

std::string place_of(const Job &job, std::size_t program)
{
    std::string text;
    constexpr std::size_t most = 8;
    const auto above = ancestors_of(job, program);

    for (std::size_t i = above.size() > most ? above.size() - most : 0; i < above.size(); i++)
        text += escaped(above[i]) + " > ";
    return (above.size() > most ? "... > " : "") + text + command_of(job.program(program));
}

std::string paths_of(const Difference &difference)
{
    std::string text;

    for (std::size_t i = 0; i < std::min(difference.paths.size(), most_shown_paths); i++)
        text += (i > 0 ? ", " : "") + escaped(difference.paths[i]);
    if (difference.paths.size() > most_shown_paths)
        text += fmt::format(" and {} more", difference.paths.size() - most_shown_paths);
    return text;
}

// "runs, with 3 processes below it: exit 1"
std::string run_of(const Job &job, const Side &side, std::size_t processes)
{
    if (!side.program)
        return "missing";
    const Program &program = job.program(*side.program);
    std::string text = "runs";
    if (processes > 1)
        text +=
            fmt::format(" with {} below it", processes == 2 ? "1 process" : fmt::format("{} processes", processes - 1));
    if (!program.signal.empty())
        text += fmt::format(" ({})", program.signal);
    else if (program.exit_code.value_or(0) != 0)
        text += fmt::format(" (exit {})", *program.exit_code);
    return text;
}

} // namespace

std::vector<std::string_view> ancestors_of(const Job &job, std::size_t program)
{
    std::vector<std::string_view> all;

    for (auto above = job.program(program).parent; above && all.size() < most_ancestors;
         above = job.program(*above).parent) {
        if (job.is_launcher(*above))
            break;
        all.push_back(job.program(*above).name());
    }
    std::reverse(all.begin(), all.end());
    return all;
}

std::string_view name_of(Kind kind)
{
    constexpr std::array<std::string_view, kinds> names{"status",   "exec",   "file",      "error",
                                                        "program",  "only",   "arguments", "opened",
                                                        "resolved", "slower", "looked_for"};

    return names.at(static_cast<std::size_t>(kind));
}

std::string size_of(const Forest &forest)
{
    const std::size_t programs = forest.programs().size(), opens = forest.opens().size();
    return fmt::format("{} program{}, {} open{}", programs, programs == 1 ? "" : "s", opens, opens == 1 ? "" : "s");
}

std::array<std::size_t, kinds> count_kinds(const std::vector<Difference> &differences)
{
    std::array<std::size_t, kinds> counts{};

    for (const Difference &each : differences)
        counts.at(static_cast<std::size_t>(each.kind))++;
    return counts;
}

Shown shown(const Report &report, const Difference &difference)
{
    const Side &a = difference.a, &b = difference.b;
    Shown text;

    text.place = b.program ? place_of(report.b, *b.program) : place_of(report.a, *a.program);
    text.in_a = a.value.empty() ? "-" : escaped(a.value);
    text.in_b = b.value.empty() ? "-" : escaped(b.value);
    switch (difference.kind) {
    case Kind::status:
    case Kind::program:
    case Kind::arguments: text.what = name_of(difference.kind); break;
    case Kind::exec: text.what = "command " + paths_of(difference); break;
    case Kind::file:
    case Kind::error:
    case Kind::opened:
    case Kind::looked_for:
        text.what = (difference.paths.size() == 1 ? "file " : "files ") + paths_of(difference);
        break;
    case Kind::resolved: text.what = "the file behind " + paths_of(difference); break;
    case Kind::slower: text.what = "time"; break;
    case Kind::only:
        text.what = "process";
        text.in_a = run_of(report.a, a, difference.processes);
        text.in_b = run_of(report.b, b, difference.processes);
        break;
    }
    return text;
}

} // namespace snoop::snoop_diff
