// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/summary.hpp"
#include "base/escape.hpp"
#include "forest/launchers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace snoop::snoop_report {
namespace {

std::string number_of(std::size_t count, std::string_view what)
{
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : what.ends_with('s') ? "es" : "s");
}

// The programs that no other one in the forest has started, as far as is seen, but one that only started the job. A
// process that executes one program after the other, as env does, counts with the last one.
std::vector<const Program *> roots_of(const Forest &forest)
{
    const std::vector<Program> &programs = forest.programs();
    const std::vector<bool> is_launcher = launchers_of(forest);
    std::vector<const Program *> roots;

    for (std::size_t i = 0; i < programs.size(); i++) {
        const std::optional<std::size_t> above = programs[i].parent;
        if (programs[i].is_seen && !programs[i].next && !is_launcher[i] &&
            (!above || !programs[*above].is_seen || is_launcher[*above]))
            roots.push_back(&programs[i]);
    }
    return roots;
}

// "good" of "/tmp/good/", too.
std::string last_part(std::string path)
{
    while (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    return path.substr(path.rfind('/') + 1);
}

// As a shell reads it.
std::string command_of(const Program &program)
{
    Buffer out;

    for (const std::string_view arg : program.args) {
        append(out, out.size() == 0 ? "" : " ");
        append_quoted(out, arg);
    }
    return fmt::to_string(out);
}

} // namespace

std::string title_of(const Forest &forest, const std::vector<std::string> &files)
{
    const std::vector<const Program *> roots = roots_of(forest);
    std::string title;

    if (roots.size() == 1 && !roots.front()->args.empty())
        return command_of(*roots.front());
    for (const std::string &file : files)
        title += (title.empty() ? "" : ", ") + (file == "-" ? "standard input" : last_part(file));
    return title;
}

std::vector<std::string> summary(const Forest &forest, const RowsRead &read, std::uint64_t rows_left_out)
{
    const std::vector<Program> &programs = forest.programs();
    std::vector<std::string> lines;
    std::string line =
        fmt::format("{}, {}, {}", number_of(programs.size(), "process"),
                    number_of(forest.failed_execs().size(), "failed exec"), number_of(forest.opens().size(), "open"));

    if (!forest.decisions().empty())
        line += ", " + number_of(forest.decisions().size(), "decision");
    if (read.lost > 0)
        line += fmt::format("; {} lost while recording", number_of(read.lost, "event"));
    if (rows_left_out > 0)
        lines.push_back(
            fmt::format("{} left out: of other tools, or of execs without exec_id, as --fields may make them",
                        number_of(rows_left_out, "row")));
    if (std::none_of(programs.begin(), programs.end(), [](const Program &each) { return each.is_seen; }))
        lines.emplace_back(
            "no row of an exec was read: processes lack their commands; record with execsnoop --exit, too");
    else if (std::none_of(programs.begin(), programs.end(), [](const Program &each) { return each.duration_ns; }))
        lines.emplace_back("no end of a process was read: none has a duration; record with execsnoop --exit");
    lines.push_back(std::move(line));
    return lines;
}

} // namespace snoop::snoop_report
